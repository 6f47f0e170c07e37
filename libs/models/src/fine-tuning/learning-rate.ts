/** Linear warm-up, then half a cosine down to zero (Loshchilov & Hutter, arXiv:1608.03983, without restarts). */

/**
 * The learning rate of a step, 0 ≤ step < steps.
 * @param options.warmUp share of all steps over which it rises to the peak, 0–1.
 */
export const learningRateAt = (options: { step: number; steps: number; peak: number; warmUp: number }): number => {
  const { step, steps, peak } = options;
  const warmUp = Math.ceil(steps * options.warmUp);
  if (step < warmUp) return (peak * (step + 1)) / warmUp;
  const share = (step - warmUp) / Math.max(1, steps - warmUp);
  return (peak * (1 + Math.cos(Math.PI * share))) / 2;
};
