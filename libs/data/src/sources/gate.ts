/** Bounds what is under way by number and by weight, and remembers the first failure. */

export interface Gate {
  /**
   * Waits until one more may begin. What is heavier than everything allowed begins alone.
   * @throws the first failure, as soon as there is one.
   */
  enter(weight: number): Promise<void>;
  /** Counts work, for which was entered, until it ends. */
  run(weight: number, work: Promise<void>): void;
  /** Resolves once nothing is under way. Never rejects. */
  settled(): Promise<void>;
  /** @throws the first failure. */
  throwIfFailed(): void;
}

/** For one caller that enters, and runs, one thing at a time. */
export const createGate = ({ maxItems, maxWeight }: { maxItems: number; maxWeight: number }): Gate => {
  const running = new Set<Promise<void>>();
  let inside = 0;
  let failure: { readonly thrown: unknown } | null = null;
  const throwIfFailed = (): void => {
    if (failure !== null) throw failure.thrown;
  };
  return {
    enter: async (weight) => {
      while (running.size > 0 && failure === null && (running.size >= maxItems || inside + weight > maxWeight)) {
        await Promise.race(running);
      }
      throwIfFailed();
    },
    run: (weight, work) => {
      inside += weight;
      const ended = work
        .catch((thrown: unknown) => {
          failure ??= { thrown };
        })
        .finally(() => {
          inside -= weight;
          running.delete(ended);
        });
      running.add(ended);
    },
    settled: async () => {
      await Promise.all(running);
    },
    throwIfFailed,
  };
};
