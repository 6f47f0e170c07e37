/** What every way to more traffic asks first: a promotion, a trial. */
import type { ModelVersion, VariantName } from '@graft/contracts';
import type { Transaction } from '../db/database.js';
import { checkNotFrozen } from '../rules/freeze.js';
import { checkPromotable, checkVariantGate } from '../rules/promote.js';
import { findVariant, type JudgedVariant } from '../rules/servable.js';

/** The form that is to be served, once it is known that it may be. @throws AppError `refused`, `not_found` (the variant) */
export const requirePromotable = async (
  tx: Transaction,
  version: ModelVersion,
  name?: VariantName,
): Promise<JudgedVariant> => {
  checkPromotable(version);
  const judged = findVariant(version, name);
  if (judged.gateVerdict !== 'fail') return judged;
  const review = await tx.reviews.get(version.model, version.version);
  const approvals = review?.decisions.filter(({ decision }) => decision === 'approve') ?? [];
  checkVariantGate(version, judged, { isOverridden: approvals.some(({ overrideGate }) => overrideGate) });
  return judged;
};

/** Held to the end of the transaction: a freeze that is made meanwhile comes after it. @throws AppError `refused` */
export const checkFreezes = async (tx: Transaction, place: { model: string; environment: string }): Promise<void> =>
  checkNotFrozen(await tx.freezes.lock('shared'), place);
