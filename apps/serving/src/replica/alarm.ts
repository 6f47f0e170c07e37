/** A sleep that can be cut short: by a ring, even one that came just before, or by an abort. */
export interface Alarm {
  /** Ends the present wait, or the next one at once. */
  ring(): void;
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export const createAlarm = (): Alarm => {
  let rung = false;
  let wake: () => void = () => undefined;
  return {
    ring: () => {
      rung = true;
      wake();
    },
    wait: async (ms, signal) => {
      if (!rung && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const end = (): void => {
            clearTimeout(timer);
            signal.removeEventListener('abort', end);
            resolve();
          };
          const timer = setTimeout(end, ms);
          signal.addEventListener('abort', end, { once: true });
          wake = end;
        });
      }
      rung = false;
    },
  };
};
