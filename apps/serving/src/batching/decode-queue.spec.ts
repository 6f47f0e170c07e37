import { describe, expect, it } from '@jest/globals';
import { createDecodeQueue } from './decode-queue.js';

/** Decodes that end when the test says so. */
const createDecodes = (): { started: number[]; of: (id: number) => () => Promise<number>; finish: () => void } => {
  const pending: (() => void)[] = [];
  const started: number[] = [];
  return {
    started,
    of: (id) => () => {
      started.push(id);
      return new Promise((resolve) => pending.push(() => resolve(id)));
    },
    finish: () => pending.shift()?.(),
  };
};
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the decode queue', () => {
  it('decodes as many at once as there are decoders, in order, and refuses what does not fit', async () => {
    const decodes = createDecodes();
    const queue = createDecodeQueue({ decoders: 1, maxWaiting: 2 });
    const answers = [1, 2, 3].map((id) => queue.run(decodes.of(id)));
    await expect(queue.run(decodes.of(4))).rejects.toMatchObject({
      code: 'overloaded',
      details: { retryAfterSeconds: 1 },
    });
    for (const seen of [[1], [1, 2], [1, 2, 3]]) {
      expect(decodes.started).toEqual(seen);
      decodes.finish();
      await tick();
    }
    expect(await Promise.all(answers)).toEqual([1, 2, 3]);
  });

  it('lets go of an image whose client hangs up, and gives its place to another', async () => {
    const decodes = createDecodes();
    const queue = createDecodeQueue({ decoders: 1, maxWaiting: 1 });
    const client = new AbortController();
    const first = queue.run(decodes.of(1));
    const gone = queue.run(decodes.of(2), client.signal);
    expect(queue.depth).toBe(1);
    client.abort();
    await expect(gone).rejects.toThrow('hung up');
    expect(queue.depth).toBe(0);
    const last = queue.run(decodes.of(3));
    decodes.finish();
    await tick();
    decodes.finish();
    expect(await Promise.all([first, last])).toEqual([1, 3]);
    expect(decodes.started).toEqual([1, 3]);
  });

  it('starts nothing for a client that is gone already', async () => {
    const decodes = createDecodes();
    const queue = createDecodeQueue({ decoders: 1, maxWaiting: 1 });
    await expect(queue.run(decodes.of(1), AbortSignal.abort())).rejects.toThrow('hung up');
    expect(decodes.started).toEqual([]);
  });

  it('frees the decoder of an image that fails', async () => {
    const queue = createDecodeQueue({ decoders: 1, maxWaiting: 0 });
    await expect(queue.run(() => Promise.reject(new Error('no image')))).rejects.toThrow('no image');
    expect(await queue.run(async () => 2)).toBe(2);
  });
});
