/** A short turn of what fuzz.soak.spec.ts does for longer. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Fixture } from '../testing/fixture.js';
import { fuzzServing } from '../testing/fuzz-serving.js';
import { serveColours } from '../testing/serve-colours.js';
import { RED } from '../testing/tiny-model.js';

let fixture: Fixture;
let url: string;
beforeAll(async () => {
  ({ fixture, url } = await serveColours({ receiveTimeoutMs: 1_000 }));
});
afterAll(() => fixture.dispose());

it('answers requests that were mutated with what is wrong with them, and never fails', async () => {
  const { sent, statuses, failures } = await fuzzServing({ url, seed: 26_112_026, goesOn: (count) => count < 1_000 });
  expect(failures).toEqual([]);
  expect(sent).toBeGreaterThanOrEqual(1_000);
  // It gets past the door, and to each way of refusing.
  for (const status of ['200', '400', '404', '422']) expect(statuses[status]).toBeGreaterThan(10);
  const after = await fetch(`${url}/v1/models/colours:classify`, {
    method: 'POST',
    body: RED,
    headers: { 'content-type': 'image/png' },
  });
  expect(after.status).toBe(200);
});
