/** The end of an append-only list of rows, read once for all who stand there. */

export interface TailOptions<T> {
  /** Rows after an id, in order, at most `limit`. */
  readonly read: (after: number) => Promise<T[]>;
  readonly limit: number;
}

export interface Tail<T> {
  /**
   * Rows after an id, in order, at most `limit`: all that there were at the last `expire`.
   * @throws what `read` throws; whoever asks next reads again
   */
  after(id: number): Promise<readonly T[]>;
  /** There may be new ones: what was read before this is no answer any more. */
  expire(): void;
}

export const createTail = <T extends { readonly id: number }>({ read, limit }: TailOptions<T>): Tail<T> => {
  /** All rows after an id that there were at an expiry; null before somebody found one. */
  let known: { from: number; rows: readonly T[]; expiry: number } | null = null;
  let expiry = 0;
  let reading: Promise<void> | null = null;

  const readOn = async ({ from, rows }: { from: number; rows: readonly T[] }): Promise<void> => {
    const began = expiry;
    for (;;) {
      const more = await read(rows.at(-1)?.id ?? from);
      rows = [...rows, ...more];
      from = rows.at(-limit - 1)?.id ?? from;
      rows = rows.slice(-limit);
      if (more.length < limit) break;
    }
    known = { from, rows, expiry: began };
  };

  /** Who is far behind, or comes first, reads alone. */
  const readAlone = async (id: number): Promise<T[]> => {
    const began = expiry;
    const rows = await read(id);
    if (known === null && rows.length > 0 && rows.length < limit) known = { from: id, rows, expiry: began };
    return rows;
  };

  return {
    after: async (id) => {
      const wanted = expiry;
      while (known !== null && id >= known.from) {
        if (known.expiry >= wanted) return known.rows.filter((row) => row.id > id);
        reading ??= readOn(known).finally(() => (reading = null));
        await reading;
      }
      return readAlone(id);
    },
    expire: () => void (expiry += 1),
  };
};
