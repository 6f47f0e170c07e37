import type { Notice, Promotion } from '@graft/contracts';

/** What webhooks are told of a promotion that will not come to be, and why. */
export const promotionFailed = (promotion: Promotion, reason: string): Notice => {
  const { id, model, version, variant, environment, expectedGeneration: generation, by } = promotion;
  return { kind: 'promotion.failed', id, model, version, variant, environment, generation, by, reason };
};
