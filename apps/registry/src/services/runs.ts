import type { NewRun, RunCancellation, NewRunEvent, Run, RunEvent, RunFilter, RunPatch } from '@graft/contracts';
import { v7 as uuid } from 'uuid';
import type { Database } from '../db/database.js';
import { noSuch } from '../rules/not-found.js';
import type { MomentKey, PageAsk } from '../rules/page.js';
import { cancelRunPatch, checkRunPatch, withCleared } from '../rules/run-state.js';

export const runService = (db: Database) => {
  const getRun = async (id: string): Promise<Run> => {
    const run = await db.runs.get(id);
    if (run === null) throw noSuch('run', id);
    return run;
  };

  return {
    getRun,

    createRun: (run: NewRun): Promise<Run> =>
      db.transaction(async (tx) => {
        if ((await tx.pipelines.byDigest(run.pipeline, run.pipelineDigest)) === null) {
          const latest = await tx.pipelines.get(run.pipeline);
          if (latest === null) throw noSuch('pipeline', run.pipeline, await tx.pipelines.names());
          throw noSuch(`version of pipeline ${run.pipeline} with digest`, run.pipelineDigest, [latest.digest]);
        }
        if ((await tx.datasets.getVersion(run.datasetVersion)) === null) {
          throw noSuch('dataset version', run.datasetVersion);
        }
        const { run: present, created } = await tx.runs.createOrGet(uuid(), run);
        if (created) tx.emit({ kind: 'run', subject: present.id, environment: null });
        return present;
      }),

    listRuns: (filter: Omit<RunFilter, 'limit'>, { after, limit }: PageAsk<MomentKey>): Promise<Run[]> =>
      db.runs.list({ ...filter, limit }, after),

    patchRun: (id: string, patch: RunPatch): Promise<Run> =>
      db.transaction(async (tx) => {
        await tx.runs.lock(id);
        const run = await tx.runs.get(id);
        if (run === null) throw noSuch('run', id);
        checkRunPatch(run, patch);
        const fails = patch.state === 'failed' && run.state !== 'failed';
        const reason = patch.error?.message ?? null;
        const notice = { kind: 'run.failed', id, pipeline: run.pipeline, reason } as const;
        tx.emit({ kind: 'run', subject: id, environment: null, ...(fails ? { notice } : {}) });
        return tx.runs.patch(id, withCleared(run, patch));
      }),

    cancelRun: (by: string, id: string, { reason }: RunCancellation): Promise<Run> =>
      db.transaction(async (tx) => {
        await tx.runs.lock(id);
        const run = await tx.runs.get(id);
        if (run === null) throw noSuch('run', id);
        const patch = cancelRunPatch(run, { by, reason });
        if (patch === null) return run;
        tx.emit({ kind: 'run', subject: id, environment: null });
        return tx.runs.patch(id, patch);
      }),

    postRunEvents: async (id: string, events: readonly NewRunEvent[]): Promise<void> => {
      if (events.length === 0) return;
      await db.transaction(async (tx) => {
        await tx.runs.lock(id);
        if ((await tx.runs.get(id)) === null) throw noSuch('run', id);
        await tx.runs.appendEvents(id, events);
        tx.emit({ kind: 'run', subject: id, environment: null });
      });
    },

    listRunEvents: async (id: string, page: { after: number; limit: number }): Promise<RunEvent[]> => {
      await getRun(id);
      return db.runs.listEvents(id, page);
    },
  };
};
