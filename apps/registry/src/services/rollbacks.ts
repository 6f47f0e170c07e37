import { rollbackTarget, variantOfEntry, type LedgerEntry, type rollbackRequestSchema } from '@graft/contracts';
import type { z } from 'zod';
import type { Database } from '../db/database.js';
import type { LedgerPlace } from '../repositories/ledger.js';
import { noSuch, noSuchVersion } from '../rules/not-found.js';
import type { PageAsk } from '../rules/page.js';
import { staleGeneration } from '../rules/stale.js';
import { checkLedgerLeads } from './epochs.js';
import { promotionFailed } from './notices.js';
import { endTrialBecause } from './trial-ends.js';
import { reviewSubject } from './subjects.js';

export const rollbackService = (db: Database) => ({
  /**
   * Back to what was served earlier, in one transaction: the head is swapped, the ledger has a row, a version that is left for
   * another is withdrawn, automatic promotion waits for a person, and what was being prepared there is called off.
   */
  rollback: async (
    model: string,
    by: string,
    request: z.output<typeof rollbackRequestSchema>,
  ): Promise<LedgerEntry> => {
    const { environment, toVersion, reason } = request;
    // Read before the lock: of two people who roll back at once, one wins and the other is told.
    const [row, current] = await Promise.all([db.models.get(model), db.deployments.get(model, environment)]);
    if (row === null) throw noSuch('model', model, await db.models.names());
    const seen = current?.generation ?? 0;
    if (request.expectedGeneration !== undefined && request.expectedGeneration !== seen) {
      throw staleGeneration({ model, environment }, request.expectedGeneration, seen);
    }
    return db.transaction(async (tx) => {
      await tx.ledger.lock(model, environment);
      await tx.models.lock(model);
      if (toVersion !== undefined && toVersion > row.latestVersion) {
        throw noSuchVersion(model, toVersion, row.latestVersion);
      }
      const entries = await tx.ledger.history(model, environment);
      const states = await tx.models.statesOf(model, [...new Set(entries.map(({ version }) => version))]);
      const erased = await tx.erasures.among(entries.map(({ artifactDigest }) => artifactDigest));
      const target = rollbackTarget({
        model,
        environment,
        entries,
        states,
        ...(toVersion === undefined ? {} : { toVersion }),
        isErased: ({ artifactDigest }) => erased.has(artifactDigest),
      });
      if (current === null) throw noSuchVersion(model, target.version, row.latestVersion);

      await checkLedgerLeads(tx, { model, environment }, current);
      const { epoch, at } = await tx.ledger.stamp();
      const head = {
        model,
        environment,
        epoch,
        generation: seen + 1,
        version: target.version,
        variant: variantOfEntry(target),
        previousVersion: current.version,
      };
      // By what was read before the lock: where that has changed since, so has the generation.
      if (!(await tx.deployments.swap(seen, { ...head, previousVariant: current.variant }))) {
        const now = await tx.deployments.get(model, environment);
        throw staleGeneration({ model, environment }, seen, now?.generation ?? 0);
      }
      const entry = await tx.ledger.append({
        ...{ ...head, at },
        action: 'rollback',
        // What the earlier row put in place, to the byte: nothing is worked out anew.
        artifactDigest: target.artifactDigest,
        reportDigest: target.reportDigest,
        by,
        reason,
      });
      await endTrialBecause(tx, { model, environment }, { by, reason: `${environment} was rolled back` });
      const isLeft = current.version !== target.version;
      if (isLeft) await tx.models.withdraw(model, current.version);
      else await tx.models.suspendAutoPromote(model, true);
      const message = `${environment} was rolled back to version ${target.version} (${head.variant}) by ${by}`;
      const error = { code: 'stale_generation', message };
      const cancelled = await tx.promotions.failOpen({ model, environment, error });
      const { version, variant, generation } = head;
      const notice = { kind: 'deployment.rolled_back', model, version, variant, environment, generation } as const;
      tx.emit({ kind: 'deployment', subject: model, environment, notice: { ...notice, by, reason } });
      if (isLeft) tx.emit({ kind: 'review', subject: reviewSubject(model, current.version), environment });
      for (const promotion of cancelled) {
        const failed = promotionFailed(promotion, message);
        tx.emit({ kind: 'promotion', subject: promotion.id, environment, notice: failed });
        tx.emit({ kind: 'preparation', subject: promotion.id, environment });
      }
      return entry;
    });
  },

  listLedger: async (
    model: string,
    filter: { environment?: string },
    { after, limit }: PageAsk<LedgerPlace>,
  ): Promise<LedgerEntry[]> => {
    if ((await db.models.get(model)) === null) throw noSuch('model', model, await db.models.names());
    return db.ledger.list({ model, ...filter, limit }, after);
  },
});
