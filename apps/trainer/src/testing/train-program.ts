/**
 * A trainer that can be killed: one `trainModel` over a folder of objects and a file that stands for the registry's row.
 * Arguments: the folder, and the activity's input as JSON. Writes `child <pid>` for each training process that it starts,
 * and `result <json>`.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFilesystemStore } from '@graft/artifacts';
import { runSchema, trainModelInputSchema, type Run } from '@graft/contracts';
import { detectCpuClass } from '@graft/platform';
import { createFakeRegistry } from './fake-registry.js';
import { createFixture, RUN_ID } from './fixture.js';

const [, , folder = '', input = ''] = process.argv;
const rowPath = join(folder, 'run.json');
const readRow = (): Partial<Run> =>
  existsSync(rowPath) ? runSchema.parse(JSON.parse(readFileSync(rowPath, 'utf8'))) : {};

const registry = createFakeRegistry(RUN_ID, readRow());
const { patchRun } = registry.port;
const lasting = {
  ...registry,
  port: {
    ...registry.port,
    patchRun: async (...given: Parameters<typeof patchRun>) => {
      const run = await patchRun(...given);
      writeFileSync(`${rowPath}.tmp`, JSON.stringify(run));
      renameSync(`${rowPath}.tmp`, rowPath);
      return run;
    },
  },
};
const fixture = createFixture({
  objects: createFilesystemStore(join(folder, 'objects')),
  registry: lasting,
  trainProcessPath: fileURLToPath(new URL('./train-process.js', import.meta.url)),
  checkpointSeconds: 0.2,
  cpuClass: detectCpuClass(),
});
const { train } = fixture.activities({ hooks: { onTrainingProcess: (pid) => console.log(`child ${pid}`) } });
const result = await train.trainModel(trainModelInputSchema.parse(JSON.parse(input)));
console.log(`result ${JSON.stringify(result)}`);
process.exit(0);
