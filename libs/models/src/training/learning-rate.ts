/** Linear warm-up, then half a cosine down to zero (Loshchilov & Hutter, arXiv:1608.03983, without restarts). */

/** Share of all steps that warm up. */
const WARM_UP_SHARE = 0.05;

/** The learning rate of a step, 0 ≤ step < steps. */
export const learningRateAt = (options: { step: number; steps: number; peak: number }): number => {
  const { step, steps, peak } = options;
  const warmUp = Math.ceil(steps * WARM_UP_SHARE);
  if (step < warmUp) return (peak * (step + 1)) / warmUp;
  const share = (step - warmUp) / Math.max(1, steps - warmUp);
  return (peak * (1 + Math.cos(Math.PI * share))) / 2;
};
