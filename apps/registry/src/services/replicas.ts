import { canonicalJson, type DesiredState, type Replica, type ReplicaReport } from '@graft/contracts';
import type { Database } from '../db/database.js';
import type { ReplicaFilter } from '../repositories/replicas.js';
import type { PageAsk } from '../rules/page.js';
import { deploymentService } from './deployments.js';

/** What others wait for: a renewal that changes none of it is no news. */
const newsOf = ({ environment, url, serving, prepared, problems }: ReplicaReport): string =>
  canonicalJson({ environment, url, serving, prepared, problems });

export const replicaService = (db: Database) => ({
  reportReplica: async (id: string, report: ReplicaReport): Promise<DesiredState> => {
    const before = await db.replicas.get(id);
    const isNews = before === null || !before.live || newsOf(before) !== newsOf(report);
    const renew = async (): Promise<void> => {
      if (!isNews) return db.replicas.renew(id, report);
      await db.transaction(async (tx) => {
        await tx.replicas.renew(id, report);
        tx.emit({ kind: 'replica', subject: id, environment: report.environment });
      });
    };
    // What is wanted doesn't depend on what is reported: both at once.
    const [desired] = await Promise.all([deploymentService(db).desiredState(report.environment), renew()]);
    for (const counts of report.trials) await db.trials.keepReport(counts);
    return desired;
  },

  /** Nothing to do where it is gone already. */
  removeReplica: (id: string): Promise<void> =>
    db.transaction(async (tx) => {
      const removed = await tx.replicas.remove(id);
      if (removed !== null) tx.emit({ kind: 'replica', subject: id, environment: removed.environment });
    }),

  listReplicas: (filter: ReplicaFilter, page: PageAsk<string>): Promise<Replica[]> => db.replicas.list(filter, page),
});
