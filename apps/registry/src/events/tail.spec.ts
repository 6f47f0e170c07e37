import { describe, expect, it } from '@jest/globals';
import { createTail } from './tail.js';

const LIMIT = 4;

/** A list that counts how often it is read, and holds its answers back while it is closed. */
const createRows = (count: number) => {
  const rows = Array.from({ length: count }, (_, at) => ({ id: at + 1 }));
  const reads: number[] = [];
  let gate = Promise.resolve();
  let failure: Error | null = null;
  const tail = createTail({
    limit: LIMIT,
    read: async (after) => {
      reads.push(after);
      const found = rows.filter(({ id }) => id > after).slice(0, LIMIT);
      await gate;
      if (failure !== null) throw failure;
      return found;
    },
  });
  return {
    tail,
    reads,
    add: (more = 1): void => {
      for (let at = 0; at < more; at++) rows.push({ id: rows.length + 1 });
      tail.expire();
    },
    /** @returns what lets the answers go */
    hold: (): (() => void) => {
      let open = (): void => undefined;
      gate = new Promise((resolve) => (open = resolve));
      return open;
    },
    fail: (error: Error | null): void => void (failure = error),
    idsAfter: async (id: number): Promise<number[]> => (await tail.after(id)).map((row) => row.id),
  };
};

describe('the tail of a list', () => {
  it('is read once for all who stand at its end', async () => {
    const { reads, add, idsAfter } = createRows(2);
    expect(await idsAfter(1)).toEqual([2]);
    add();
    expect(await Promise.all([idsAfter(2), idsAfter(2), idsAfter(1)])).toEqual([[3], [3], [2, 3]]);
    expect(await idsAfter(3)).toEqual([]);
    expect(reads).toEqual([1, 2]);
  });

  it('lets who is behind it read alone, and goes on for the others', async () => {
    const { add, idsAfter } = createRows(3);
    expect(await idsAfter(2)).toEqual([3]);
    add(6);
    expect(await idsAfter(3)).toEqual([4, 5, 6, 7]);
    expect(await idsAfter(0)).toEqual([1, 2, 3, 4]);
    expect(await idsAfter(7)).toEqual([8, 9]);
  });

  it('is no answer to who asks after something was added, though it was being read', async () => {
    const { add, hold, idsAfter } = createRows(2);
    expect(await idsAfter(1)).toEqual([2]);
    add();
    const open = hold();
    const early = idsAfter(2);
    add();
    const late = idsAfter(2);
    open();
    expect(await late).toEqual([3, 4]);
    expect((await early)[0]).toBe(3);
  });

  it('is not led astray by one who stands beyond its end', async () => {
    const { add, idsAfter, reads } = createRows(2);
    expect(await idsAfter(1_000)).toEqual([]);
    expect(await idsAfter(1)).toEqual([2]);
    add();
    expect(await Promise.all([idsAfter(2), idsAfter(1_000), idsAfter(2)])).toEqual([[3], [], [3]]);
    expect(reads).toEqual([1_000, 1, 2]);
  });

  it('is read again after it could not be', async () => {
    const { add, fail, idsAfter } = createRows(2);
    expect(await idsAfter(1)).toEqual([2]);
    add();
    fail(new Error('the database is away'));
    await expect(idsAfter(2)).rejects.toThrow('the database is away');
    fail(null);
    expect(await idsAfter(2)).toEqual([3]);
  });
});
