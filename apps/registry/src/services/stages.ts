import { isAdopted, type ModelVersion, type VariantName } from '@graft/contracts';
import type { Transaction } from '../db/database.js';
import { hasPassed, ruleStages, stageBefore } from '../rules/stages.js';

/**
 * As the version's pipeline says now: a changed policy takes effect without a new training. What no pipeline made has no stages.
 * @returns the stage that is skipped, for the ledger; null where none is
 * @throws AppError `refused` for a version that has to be served elsewhere first
 */
export const checkStages = async (
  tx: Transaction,
  version: ModelVersion,
  asked: { readonly variant: VariantName; readonly environment: string; readonly skip: boolean },
): Promise<string | null> => {
  const { model, lineage } = version;
  if (isAdopted(lineage)) return null;
  const stages = (await tx.pipelines.get(lineage.pipeline))?.pipeline.rollout.stages;
  const stage = stageBefore(stages, asked.environment);
  if (stage === null) return null;
  const entries = (await tx.ledger.list({ model, environment: stage })).reverse();
  const form = { version: version.version, variant: asked.variant };
  return ruleStages({ ...asked, ...form, model, stage, passed: hasPassed(entries, form) });
};
