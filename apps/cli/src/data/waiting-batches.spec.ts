import { createMemoryStore } from '@graft/artifacts';
import { describe, expect, it } from '@jest/globals';
import { findWaitingBatches, tellWaitingBatches } from './waiting-batches.js';

const landingOf = async (...keys: string[]) => {
  const landing = createMemoryStore();
  for (const key of keys) await landing.put(key, new Uint8Array(1));
  return landing;
};

describe('batches that wait for their manifest', () => {
  it('are those that have objects and no manifest', async () => {
    const landing = await landingOf(
      ...['bugs/@april/1.jpg', 'bugs/@april/manifest.csv', 'bugs/@june/manifest.jsonl', 'bugs/@june/z.jpg'],
      ...['bugs/@may/1.jpg', 'bugs/@may/raw/2.jpg', 'bugs/@may/.DS_Store', 'bugs/@may/raw/manifest.csv'],
      ...['bugs/@hidden/Thumbs.db', 'bugs/ant/1.jpg', 'other/@may/1.jpg'],
    );
    const found = await findWaitingBatches(landing, 'bugs');
    // A manifest in a folder of the batch isn't the batch's.
    expect(found).toEqual({ batches: [{ prefix: 'bugs/@may/', objects: 3 }], complete: true });
    expect(tellWaitingBatches(found)).toEqual([
      "bugs/@may/: 3 objects wait for the batch's manifest (bugs/@may/manifest.csv or manifest.jsonl: docs/data.md)",
    ]);
    expect(tellWaitingBatches(await findWaitingBatches(landing, 'none'))).toEqual([]);
  });

  it('are looked for up to a limit, and a batch that is cut off by it is not claimed to wait', async () => {
    const landing = await landingOf('bugs/@a/1.jpg', 'bugs/@b/1.jpg', 'bugs/@b/manifest.csv');
    const found = await findWaitingBatches(landing, 'bugs', 2);
    expect(found).toEqual({ batches: [{ prefix: 'bugs/@a/', objects: 1 }], complete: false });
    expect(tellWaitingBatches(found).at(-1)).toContain('others may wait as well');
  });

  it('are told one by one up to five', () => {
    const batches = Array.from({ length: 7 }, (_, at) => ({ prefix: `bugs/@${at}/`, objects: 1 }));
    const lines = tellWaitingBatches({ batches, complete: true });
    expect(lines).toHaveLength(6);
    expect(lines[0]).toContain('bugs/@0/: 1 object waits');
    expect(lines[5]).toBe('2 more batches wait for a manifest (--json lists them)');
  });
});
