/** Bounds how much memory is held at the same time, rather than how many things are under way: one large or many small. */

export interface ByteBudget {
  /**
   * Begins `work` once its bytes fit beside those of what is under way, in the order of the calls, so that the large wait
   * no longer than it takes. What asks for more than there is runs alone.
   */
  run<T>(bytes: number, work: () => Promise<T>): Promise<T>;
}

/** @param maxBytes held by all work together */
export const createByteBudget = (maxBytes: number): ByteBudget => {
  let free = maxBytes;
  const waiting: { bytes: number; begin: () => void }[] = [];
  const admit = (): void => {
    for (let next = waiting[0]; next !== undefined && next.bytes <= free; next = waiting[0]) {
      waiting.shift();
      free -= next.bytes;
      next.begin();
    }
  };
  return {
    run: async (asked, work) => {
      const bytes = Math.min(asked, maxBytes);
      await new Promise<void>((begin) => {
        waiting.push({ bytes, begin });
        admit();
      });
      try {
        return await work();
      } finally {
        free += bytes;
        admit();
      }
    },
  };
};
