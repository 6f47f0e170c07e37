/**
 * How long a request waits for company, learnt from whether company came. A client that sends one at a time never has any, so
 * it is not held back; several at once soon wait the whole of the delay, and their batches fill.
 */

/** Of the whole delay: what the first company is worth, and the least that is worth a timer. */
const FIRST_STEP = 1 / 4;

export interface AdaptiveDelay {
  /** Milliseconds, 0 to the whole delay; 0 at first. */
  readonly ms: number;
  /** A request came while another waited or ran. */
  companyCame(): void;
  /** A request waited, and ran alone. */
  waitedInVain(): void;
}

export const createAdaptiveDelay = (maxDelayMs: number): AdaptiveDelay => {
  const stepMs = maxDelayMs * FIRST_STEP;
  let ms = 0;
  return {
    get ms() {
      return ms;
    },
    companyCame: () => {
      ms = Math.min(maxDelayMs, Math.max(stepMs, ms * 2));
    },
    waitedInVain: () => {
      ms = ms / 2 < stepMs ? 0 : ms / 2;
    },
  };
};
