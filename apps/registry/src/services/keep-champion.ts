import type { LedgerEntry } from '@graft/contracts';
import type { Transaction } from '../db/database.js';
import type { DeploymentRow } from '../repositories/deployments.js';
import type { LedgerStamp } from '../repositories/ledger.js';

type Row = Pick<LedgerEntry, 'action' | 'by' | 'reason' | 'trial'> & LedgerStamp;

/**
 * Another row of a ledger that is held, in which the champion stays what it is; the head moves to it.
 * @param head as it is; @param previous what a rollback from there is told to have been before
 */
export const keepChampion = async (
  tx: Transaction,
  head: DeploymentRow,
  { previous, ...row }: Row & { previous: Pick<DeploymentRow, 'previousVersion' | 'previousVariant'> },
): Promise<LedgerEntry> => {
  const { model, environment, version, variant } = head;
  const { previousVersion, previousVariant } = previous;
  const [last] = await tx.ledger.list({ model, environment, limit: 1 });
  if (last === undefined) throw new Error(`${model} is deployed in ${environment} without a row of its ledger`);
  const generation = head.generation + 1;
  const next = { model, environment, epoch: row.epoch, generation, version, variant, previousVersion };
  if (!(await tx.deployments.swap(head.generation, { ...next, previousVariant }))) {
    throw new Error(`the head of ${model} in ${environment} moved while it was held`);
  }
  const { artifactDigest, reportDigest } = last;
  return tx.ledger.append({ ...next, artifactDigest, reportDigest, ...row });
};
