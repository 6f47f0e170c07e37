/** What a trial comes to when the champion is moved: in the transaction that moves it, whose row of the ledger tells of it. */
import type { Trial, VariantName } from '@graft/contracts';
import type { Transaction } from '../db/database.js';

export type TrialEnding = Parameters<Transaction['trials']['end']>[1];

/** Webhooks are told; the row of the ledger is the caller's. */
export const closeTrial = async (tx: Transaction, trial: Trial, ending: TrialEnding): Promise<Trial> => {
  const { id, model, environment, version, variant } = trial;
  const { state, by, reason } = ending;
  const kind = state === 'rolled_back' ? 'trial.rolled_back' : 'trial.ended';
  const notice = { kind, id, model, version, variant, environment, by, reason } as const;
  tx.emit({ kind: 'trial', subject: id, environment, notice });
  return tx.trials.end(id, ending);
};

/** Of a promotion: what was on trial has come through, or has been overtaken. */
export const endTrialFor = async (
  tx: Transaction,
  { model, environment }: { model: string; environment: string },
  { version, variant, by }: { version: number; variant: VariantName; by: string },
): Promise<void> => {
  const trial = await tx.trials.running(model, environment);
  if (trial === null) return;
  const isIt = trial.version === version && trial.variant === variant;
  await closeTrial(tx, trial, {
    state: isIt ? 'passed' : 'ended',
    by,
    reason: isIt ? 'it was promoted' : `version ${version} (${variant}) was promoted`,
  });
};

/** Of a rollback, or a new epoch. */
export const endTrialBecause = async (
  tx: Transaction,
  { model, environment }: { model: string; environment: string },
  { by, reason }: { by: string; reason: string },
): Promise<void> => {
  const trial = await tx.trials.running(model, environment);
  if (trial !== null) await closeTrial(tx, trial, { state: 'ended', by, reason });
};
