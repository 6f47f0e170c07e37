/** Plays the recordings on the development server and keeps their histories (record-histories.mjs says when). */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository } from '@graft/tools';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { createFakeActivities } from './fake-activities.js';
import { RECORDINGS } from './recordings.js';
import { startDevServer } from './test-servers.js';
import { startHarness } from './workflow-harness.js';

const folder = inRepository('apps/orchestrator/src/workflows/histories');
const fileOf = (name: string): string => join(folder, `${name}.json`);

/** What says where it was recorded, and changes nothing of a replay; one event a line, so that a change can be read. */
const toFile = (json: string): string => {
  const events = (JSON.parse(json) as { events: unknown[] }).events.map((event) =>
    JSON.stringify(event, (key, value: unknown) => {
      if (key === 'identity') return 'worker';
      if (key === 'stackTrace') return '';
      // The name of a worker's own queue.
      return typeof value === 'string' ? value.replace(/^\d+@[^:]+-/, 'worker-') : value;
    }),
  );
  return `{"events":[\n${events.join(',\n')}\n]}\n`;
};

const named = process.argv.slice(2);
const wanted = RECORDINGS.filter(({ name }) => (named.length > 0 ? named.includes(name) : !existsSync(fileOf(name))));
if (wanted.length > 0) {
  mkdirSync(folder, { recursive: true });
  const harness = await startHarness(() => startDevServer());
  for (const { name, overrides, play } of wanted) {
    const fakes = createFakeActivities(overrides);
    harness.use(fakes);
    const handle = await play(harness.env.client, fakes);
    const history = await handle.fetchHistory();
    writeFileSync(fileOf(name), toFile(historyToJSON(history)));
    process.stderr.write(`recorded ${name}: ${history.events?.length ?? 0} events\n`);
  }
  await harness.close();
}
