/** Speed and time to go, from how many are done since the start of the work. */
export interface Speed {
  readonly perSecond: number;
  /** Null until something is done. */
  readonly etaSeconds: number | null;
}

export const createProgressMeter = (now: () => number = () => performance.now()) => {
  const startedMs = now();
  return {
    seconds: (): number => (now() - startedMs) / 1000,
    speed({ done, left }: { done: number; left: number }): Speed {
      const seconds = (now() - startedMs) / 1000;
      if (done === 0 || seconds <= 0) return { perSecond: 0, etaSeconds: null };
      const perSecond = done / seconds;
      return { perSecond, etaSeconds: left / perSecond };
    },
  };
};
