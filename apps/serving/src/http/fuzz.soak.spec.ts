/** Mutated requests for a minute, other ones each time: no crash, no failure, and memory that stays where it is. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Fixture } from '../testing/fixture.js';
import { fuzzServing } from '../testing/fuzz-serving.js';
import { serveColours } from '../testing/serve-colours.js';

const MIB = 1024 * 1024;
const WARM_UP_MS = 15_000;
const SOAK_MS = 60_000;
/** Of the test's own process too, which sends the requests. */
const MAX_GROWTH_BYTES = 256 * MIB;

let fixture: Fixture;
let url: string;
beforeAll(async () => {
  ({ fixture, url } = await serveColours({ receiveTimeoutMs: 1_000 }));
});
afterAll(() => fixture.dispose());

const fuzzFor = (milliseconds: number, seed: number) => {
  const end = performance.now() + milliseconds;
  return fuzzServing({ url, seed, goesOn: () => performance.now() < end });
};

it('survives a minute of requests that were mutated', async () => {
  const seed = Date.now() % 2 ** 31;
  process.stderr.write(`seed ${seed}\n`);
  await fuzzFor(WARM_UP_MS, seed);
  const before = process.memoryUsage().rss;
  const { sent, statuses, failures } = await fuzzFor(SOAK_MS, seed + 1);
  const growth = process.memoryUsage().rss - before;
  process.stderr.write(`${sent} requests: ${JSON.stringify(statuses)}; ${Math.round(growth / MIB)} MiB more\n`);
  expect(failures).toEqual([]);
  expect(sent).toBeGreaterThan(1_000);
  expect(growth).toBeLessThan(MAX_GROWTH_BYTES);
  expect((await fetch(`${url}/v2/health/ready`)).status).toBe(200);
}, 300_000);
