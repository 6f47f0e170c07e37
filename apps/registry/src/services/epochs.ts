import type { Ahead, Epoch, epochRaiseSchema, LedgerEntry, RaisedEpoch } from '@graft/contracts';
import { AppError } from '@graft/contracts';
import type { z } from 'zod';
import type { Database, Transaction } from '../db/database.js';
import type { DeploymentRow } from '../repositories/deployments.js';
import type { LedgerStamp } from '../repositories/ledger.js';
import type { Repositories } from '../repositories/index.js';
import { checkNotAhead, findAhead } from '../rules/ahead.js';
import { keepChampion } from './keep-champion.js';
import { promotionFailed } from './notices.js';
import { endTrialBecause } from './trial-ends.js';

/**
 * @param head of the ledger of this model in this environment; null where it has no row
 * @throws AppError `refused` where it is behind what live replicas serve
 */
export const checkLedgerLeads = async (
  tx: Transaction,
  { model, environment }: { model: string; environment: string },
  head: DeploymentRow | null,
): Promise<void> => {
  const live = await tx.replicas.list({ environment, live: true });
  checkNotAhead(findAhead(live, head === null ? [] : [head]).filter((one) => one.model === model));
};

const readAhead = async ({ replicas, deployments }: Repositories): Promise<Ahead[]> =>
  findAhead(await replicas.list({ live: true }), await deployments.list());

/** Every head there is, held to the end of the transaction: nobody else moves one, nor makes the first of another. */
const lockHeads = async (tx: Transaction): Promise<DeploymentRow[]> => {
  // In this order, as whoever promotes does: the ledger first, then the head.
  for (const { model, environment } of await tx.deployments.list()) await tx.ledger.lock(model, environment);
  await tx.deployments.lockAll();
  return tx.deployments.list();
};

const keepServing = async (
  tx: Transaction,
  head: DeploymentRow,
  { epoch, at, by, reason }: LedgerStamp & { by: string; reason: string },
): Promise<LedgerEntry> => {
  const { model, environment, version, variant } = head;
  await tx.ledger.lock(model, environment);
  const previous = { previousVersion: version, previousVariant: variant };
  const entry = await keepChampion(tx, head, { epoch, at, action: 'restore', previous, by, reason });
  const message = `a new epoch (${epoch}) was begun by ${by}: promote again`;
  const error = { code: 'stale_generation', message };
  await endTrialBecause(tx, { model, environment }, { by, reason: message });
  for (const promotion of await tx.promotions.failOpen({ model, environment, error })) {
    const failed = promotionFailed(promotion, message);
    tx.emit({ kind: 'promotion', subject: promotion.id, environment, notice: failed });
    tx.emit({ kind: 'preparation', subject: promotion.id, environment });
  }
  const notice = { kind: 'deployment.restored', model, version, variant, environment } as const;
  const told = { ...notice, generation: entry.generation, by, reason };
  tx.emit({ kind: 'deployment', subject: model, environment, notice: told });
  return entry;
};

export const epochService = (db: Database) => ({
  getEpoch: async (): Promise<Epoch> => {
    const { value, raisedAt } = await db.deployments.epochRow();
    return { epoch: value, raisedAt: raisedAt.toISOString(), ahead: await readAhead(db) };
  },

  /**
   * Begins an epoch that is newer than any that this database or a live replica has seen, in one transaction: what each ledger ended
   * in is put in place once more, and replicas take it for newer than whatever they serve.
   * @throws AppError `stale_generation` where the epoch isn't the one that the caller saw
   */
  raiseEpoch: (by: string, { expectedEpoch, reason }: z.output<typeof epochRaiseSchema>): Promise<RaisedEpoch> =>
    db.transaction(async (tx) => {
      const heads = await lockHeads(tx);
      const { epoch: present, at } = await tx.ledger.stamp();
      if (present !== expectedEpoch) {
        throw new AppError('stale_generation', `the epoch is ${present}, and what you saw was ${expectedEpoch}`, {
          details: { expectedEpoch, epoch: present },
        });
      }
      const served = (await tx.replicas.list({ live: true })).flatMap(({ serving }) => serving);
      const epoch = 1 + Math.max(present, ...served.map((one) => one.epoch));
      await tx.deployments.raiseEpoch(epoch);
      const entries: LedgerEntry[] = [];
      for (const head of heads) entries.push(await keepServing(tx, head, { epoch, at, by, reason }));
      // Replicas hear of it everywhere: what one serves may be in no ledger any more.
      tx.emit({ kind: 'deployment', subject: 'epoch', environment: null });
      return { epoch, entries };
    }),
});
