import { AppError, type newPromotionSchema, type Promotion } from '@graft/contracts';
import { v7 as uuid } from 'uuid';
import type { z } from 'zod';
import type { Database, Transaction } from '../db/database.js';
import type { PromotionError, PromotionFilter, PromotionRow } from '../repositories/promotions.js';
import { checkLedgerLeads } from './epochs.js';
import { checkFreezes, requirePromotable } from './promotable.js';
import { endTrialFor } from './trial-ends.js';
import { promotionFailed } from './notices.js';
import { checkStages } from './stages.js';
import { noSuch, noSuchVersion } from '../rules/not-found.js';
import type { MomentKey, PageAsk } from '../rules/page.js';
import { cannot, checkPlace, laggards } from '../rules/promote.js';
import { servableOf } from '../rules/servable.js';
import { staleGeneration } from '../rules/stale.js';

export const promotionService = (db: Database) => {
  const find = async (id: string): Promise<PromotionRow> => {
    const row = await db.promotions.get(id);
    if (row === null) throw noSuch('promotion', id);
    return row;
  };

  /**
   * One step of a promotion, alone with its ledger: commits, rollbacks and requests of one model in one environment
   * come one after the other.
   */
  const step = async (
    id: string,
    act: (tx: Transaction, row: PromotionRow) => Promise<Promotion>,
  ): Promise<Promotion> => {
    return db.transaction(async (tx) => {
      const row = await tx.promotions.lock(id);
      if (row === null) throw noSuch('promotion', id);
      return act(tx, row);
    });
  };

  const changed = (tx: Transaction, promotion: Promotion, { prepares }: { prepares: boolean }): Promotion => {
    const { id, environment } = promotion;
    tx.emit({ kind: 'promotion', subject: id, environment });
    if (prepares) tx.emit({ kind: 'preparation', subject: id, environment });
    return promotion;
  };

  const commit = async (tx: Transaction, { promotion, automatic }: PromotionRow): Promise<Promotion> => {
    if (promotion.state === 'committed' || promotion.state === 'swapped') return promotion;
    if (promotion.state !== 'preparing') throw cannot(promotion, 'committed');
    const { id, model, environment, expectedGeneration, by, reason } = promotion;
    const row = await tx.models.lock(model);
    await checkFreezes(tx, { model, environment });
    const version = await tx.models.getVersion(model, promotion.version);
    if (version === null) throw noSuchVersion(model, promotion.version, 0);
    const { variant, reportDigest } = await requirePromotable(tx, version, promotion.variant);
    const skippedStage = await checkStages(tx, version, { variant, environment, skip: promotion.skipStages });
    const current = await tx.deployments.get(model, environment);
    checkPlace({ model, environment }, promotion, current);
    await checkLedgerLeads(tx, { model, environment }, current);

    const { epoch, at } = await tx.ledger.stamp();
    const generation = expectedGeneration + 1;
    const previousVersion = current?.version ?? null;
    const head = { model, environment, epoch, generation, version: version.version, variant, previousVersion };
    const swap = { ...head, previousVariant: current?.variant ?? null };
    if (!(await tx.deployments.swap(expectedGeneration, swap))) {
      const now = await tx.deployments.get(model, environment);
      throw staleGeneration({ model, environment }, expectedGeneration, now?.generation ?? 0);
    }
    await tx.ledger.append({
      ...{ ...head, at },
      action: 'promote',
      artifactDigest: servableOf(version, variant).artifactDigest,
      reportDigest,
      by,
      reason,
      ...(skippedStage === null ? {} : { skippedStage }),
    });
    await endTrialFor(tx, { model, environment }, { version: version.version, variant, by });
    if (!automatic && row?.autoPromoteSuspended === true) await tx.models.suspendAutoPromote(model, false);
    const committed = await tx.promotions.advance(id, { state: 'committed', generation });
    const notice = { kind: 'deployment.promoted', model, version: version.version, variant, environment } as const;
    tx.emit({ kind: 'deployment', subject: model, environment, notice: { ...notice, generation, id, by, reason } });
    return changed(tx, committed, { prepares: true });
  };

  const finish = async (tx: Transaction, { promotion }: PromotionRow): Promise<Promotion> => {
    const { id, model, environment, state, generation } = promotion;
    if (state === 'swapped') return promotion;
    if (state !== 'committed' || generation === null) throw cannot(promotion, 'finished');
    const epoch = (await tx.ledger.list({ model, environment })).find((row) => row.generation === generation)?.epoch;
    const behind = laggards(await tx.replicas.list({ environment, live: true }), model, {
      epoch: epoch ?? 1,
      generation,
    });
    if (behind.length > 0) {
      throw new AppError(
        'unavailable',
        `not every live replica serves generation ${generation} of ${model} yet: ${behind.join(', ')}`,
        { details: { promotionId: id, replicas: behind } },
      );
    }
    return changed(tx, await tx.promotions.advance(id, { state: 'swapped' }), { prepares: false });
  };

  return {
    /** The same asked again while it is under way is the one that is there. */
    requestPromotion: async (
      model: string,
      by: string,
      asked: z.output<typeof newPromotionSchema>,
    ): Promise<Promotion> =>
      db.transaction(async (tx) => {
        const { environment, version: number, expectedGeneration, skipStages, reason } = asked;
        await tx.ledger.lock(model, environment);
        const row = await tx.models.get(model);
        if (row === null) throw noSuch('model', model, await tx.models.names());
        const version = await tx.models.getVersion(model, number);
        if (version === null) throw noSuchVersion(model, number, row.latestVersion);
        const { variant } = await requirePromotable(tx, version, asked.variant);
        await checkStages(tx, version, { variant, environment, skip: skipStages });
        await checkFreezes(tx, { model, environment });
        const same = { model, environment, version: number, variant, expectedGeneration };
        const current = await tx.deployments.get(model, environment);
        checkPlace({ model, environment }, same, current);
        await checkLedgerLeads(tx, { model, environment }, current);
        const open = await tx.promotions.findOpen(same);
        if (open !== null) return open;
        const created = await tx.promotions.create({ id: uuid(), ...same, by, reason, automatic: false, skipStages });
        return changed(tx, created, { prepares: false });
      }),

    getPromotion: async (id: string): Promise<Promotion> => (await find(id)).promotion,

    listPromotions: (filter: PromotionFilter, page: PageAsk<MomentKey>): Promise<Promotion[]> =>
      db.promotions.list(filter, page),

    preparePromotion: (id: string): Promise<Promotion> =>
      step(id, async (tx, { promotion }) => {
        if (promotion.state === 'preparing') return promotion;
        if (promotion.state !== 'requested') throw cannot(promotion, 'prepared');
        const { model, environment } = promotion;
        checkPlace({ model, environment }, promotion, await tx.deployments.get(model, environment));
        return changed(tx, await tx.promotions.advance(id, { state: 'preparing' }), { prepares: true });
      }),

    commitPromotion: (id: string): Promise<Promotion> => step(id, commit),

    finishPromotion: (id: string): Promise<Promotion> => step(id, finish),

    failPromotion: (id: string, error: PromotionError): Promise<Promotion> =>
      step(id, async (tx, { promotion }) => {
        if (promotion.state === 'failed') return promotion;
        if (promotion.state !== 'requested' && promotion.state !== 'preparing') {
          throw cannot(promotion, 'made to fail; a rollback takes it back');
        }
        const { environment } = promotion;
        const notice = promotionFailed(promotion, error.message);
        tx.emit({ kind: 'promotion', subject: id, environment, notice });
        tx.emit({ kind: 'preparation', subject: id, environment });
        return tx.promotions.advance(id, { state: 'failed', error });
      }),
  };
};
