/** The trainer and its training process, killed at random moments all through a run. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createFilesystemStore } from '@graft/artifacts';
import { pipelineTrainSchema, type TrainModelInput } from '@graft/contracts';
import { detectCpuClass } from '@graft/platform';
import { createRandom } from '../testing/random.js';
import { buildTrainProcess, buildTrainProgram, createFixture, isRunning } from '../testing/fixture.js';
import { createSyntheticDataset } from '../testing/synthetic-images.js';

const KILLS = 20;
/** The start of a trainer and of its process takes some seconds, of which none is spared. */
const LATEST_MS = 10_000;

const PARTIAL = { strategy: 'partial', stages: 1, epochs: 60, patience: 60, learningRate: 1e-4 };
const FULL = { strategy: 'full', epochs: 8, patience: 8, batchSize: 4 };

describe.each([
  ['partial', PARTIAL],
  ['full', FULL],
])('a training that is killed twenty times (%s)', (_, train) => {
  let folder: string;
  let program: string;
  let input: TrainModelInput;
  const children = new Set<number>();

  beforeAll(async () => {
    await buildTrainProcess();
    program = await buildTrainProgram();
    folder = await mkdtemp(join(tmpdir(), 'graft-kills-'));
    await mkdir(join(folder, 'tmp'));
    const fixture = createFixture({
      objects: createFilesystemStore(join(folder, 'objects')),
      cpuClass: detectCpuClass(),
    });
    const images = await createSyntheticDataset({ blobs: fixture.blobs, perSplit: { train: 6, val: 2, test: 2 } });
    input = await fixture.prepare({
      images,
      train: pipelineTrainSchema.parse({
        inputSize: 64,
        batchSize: 6,
        allow: ['too_many_parameters', 'too_few_images'],
        ...train,
      }),
    });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** One trainer: its result, or null when it ended without one. */
  const run = async (kill?: { readonly afterMs: number; readonly childFirst: boolean }): Promise<string | null> => {
    const trainer = spawn(process.execPath, [program, folder, JSON.stringify(input)], {
      env: { ...process.env, NODE_OPTIONS: '', TMPDIR: join(folder, 'tmp') },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let child: number | null = null;
    const timer =
      kill &&
      setTimeout(() => {
        const target = kill.childFirst && child !== null && isRunning(child) ? child : trainer.pid;
        if (target !== undefined) process.kill(target, 'SIGKILL');
        killed += 1;
      }, kill.afterMs);
    let result: string | null = null;
    for await (const line of createInterface({ input: trainer.stdout })) {
      if (line.startsWith('child ')) children.add((child = Number(line.slice(6))));
      if (line.startsWith('result ')) result = line;
    }
    clearTimeout(timer);
    return result;
  };
  let killed = 0;

  it('ends in the same bytes, and leaves nothing behind', async () => {
    const undisturbed = await run();
    expect(undisturbed).not.toBeNull();
    const random = createRandom(11);
    const results: (string | null)[] = [];
    while (killed < KILLS) results.push(await run({ afterMs: random() * LATEST_MS, childFirst: random() < 0.5 }));
    results.push(await run());
    expect(new Set(results.filter((result) => result !== null))).toEqual(new Set([undisturbed]));

    for (const end = Date.now() + 20_000; Date.now() < end && [...children].some(isRunning);) await sleep(50);
    expect([...children].filter(isRunning)).toEqual([]);
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
    expect(await readdir(join(folder, 'objects', 'checkpoints', input.runId)).catch(() => [])).toEqual([]);
    expect(JSON.parse(await readFile(join(folder, 'run.json'), 'utf8'))).toMatchObject({ checkpoint: null });
  }, 1_200_000);
});
