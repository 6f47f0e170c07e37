import type { LedgerEntry, rollbackRequestSchema } from '@graft/contracts';
import type { z } from 'zod';
import type { Database } from '../db/database.js';
import { noSuch, noSuchVersion } from '../rules/not-found.js';
import { servableOf } from '../rules/register-version.js';
import { rollbackTarget } from '../rules/rollback-target.js';
import { staleGeneration } from '../rules/stale.js';
import { reviewSubject } from './subjects.js';

export const rollbackService = (db: Database) => ({
  /**
   * Back to an earlier version, in one transaction: the head is swapped, the ledger has a row, the version that is left
   * is withdrawn, automatic promotion waits for a person, and what was being prepared there is called off.
   */
  rollback: async (
    model: string,
    by: string,
    request: z.output<typeof rollbackRequestSchema>,
  ): Promise<LedgerEntry> => {
    const { environment, toVersion, reason } = request;
    const row = await db.models.get(model);
    if (row === null) throw noSuch('model', model, await db.models.names());
    // Read before the lock: of two people who roll back at once, one wins and the other is told.
    const seen = (await db.deployments.get(model, environment))?.generation ?? 0;
    if (request.expectedGeneration !== undefined && request.expectedGeneration !== seen) {
      throw staleGeneration({ model, environment }, request.expectedGeneration, seen);
    }
    return db.transaction(async (tx) => {
      await tx.ledger.lock(model, environment);
      await tx.models.lock(model);
      if (toVersion !== undefined && toVersion > row.latestVersion) {
        throw noSuchVersion(model, toVersion, row.latestVersion);
      }
      const entries = (await tx.ledger.list({ model, environment })).reverse();
      const versions = await tx.models.findVersions(
        [...new Set(entries.map(({ version }) => version))].map((version) => ({ model, version })),
      );
      const target = rollbackTarget({
        model,
        environment,
        entries,
        states: new Map(versions.map(({ version, state }) => [version, state])),
        ...(toVersion === undefined ? {} : { toVersion }),
      });
      const version = versions.find((one) => one.version === target);
      const current = await tx.deployments.get(model, environment);
      if (version === undefined || current === null) throw noSuchVersion(model, target, row.latestVersion);

      const epoch = await tx.deployments.epoch();
      const head = {
        model,
        environment,
        epoch,
        generation: seen + 1,
        version: target,
        previousVersion: current.version,
      };
      if (!(await tx.deployments.swap(seen, head))) {
        throw staleGeneration({ model, environment }, seen, current.generation);
      }
      const entry = await tx.ledger.append({
        ...head,
        action: 'rollback',
        artifactDigest: servableOf(version).artifactDigest,
        reportDigest: version.reportDigest,
        by,
        reason,
      });
      await tx.models.setState(model, current.version, 'withdrawn');
      await tx.reviews.startRound(model, current.version);
      await tx.models.suspendAutoPromote(model, true);
      const cancelled = await tx.promotions.failOpen({
        model,
        environment,
        error: { code: 'stale_generation', message: `${environment} was rolled back to version ${target} by ${by}` },
      });
      tx.emit({ kind: 'deployment', subject: model, environment });
      tx.emit({ kind: 'review', subject: reviewSubject(model, current.version), environment });
      for (const { id } of cancelled) {
        tx.emit({ kind: 'promotion', subject: id, environment });
        tx.emit({ kind: 'preparation', subject: id, environment });
      }
      return entry;
    });
  },

  listLedger: async (model: string, filter: { environment?: string; limit: number }): Promise<LedgerEntry[]> => {
    if ((await db.models.get(model)) === null) throw noSuch('model', model, await db.models.names());
    return db.ledger.list({ model, ...filter });
  },
});
