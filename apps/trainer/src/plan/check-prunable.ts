/** Whether the pruned forms that a pipeline asks for can be had of its network: known before anything is trained. */
import { AppError, parseVariant, type TrainingPlan, type VariantName } from '@graft/contracts';
import { leastMacsShare, trainedNetwork } from '@graft/models';

/** @throws AppError `refused` with the variants that are out of reach, and the least that is within. */
export const checkPrunable = (plan: TrainingPlan, variants: readonly VariantName[], classes: number): void => {
  const pruned = variants.filter((name) => parseVariant(name).macsShare !== null);
  if (pruned.length === 0) return;
  const { graph } = trainedNetwork({ ...plan, learnsFromActivations: false }, classes);
  const least = Math.ceil(leastMacsShare({ graph }) * 100);
  const beyond = pruned.filter((name) => (parseVariant(name).macsShare ?? 1) * 100 < least);
  if (beyond.length === 0) return;
  throw new AppError(
    'refused',
    `${beyond.join(' and ')} can't be had of ${plan.backbone}: at least ${least} % of its multiply-adds remain, ` +
      `however it is pruned. Choose pruned${least} or more in variants, or a wider backbone`,
    { details: { variants: beyond, least } },
  );
};
