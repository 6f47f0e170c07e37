/** How a dataset is watched: stopped and let go on, what its watcher tells, and why its pipelines have their runs or none. */
import {
  AppError,
  decideStart,
  readRuns,
  readSameVersions,
  type Dataset,
  type DatasetStory,
  type Digest,
  type Ingestion,
  type IngestionPatch,
  type NewIngestion,
  type NewWatchStatus,
  type StartDecision,
  type WatchStatus,
} from '@graft/contracts';
import type { Database, Transaction } from '../db/database.js';
import { checkIngestionPatch } from '../rules/ingestion-state.js';
import { noSuch } from '../rules/not-found.js';
import type { MomentKey, PageAsk } from '../rules/page.js';
import { watchNow } from '../rules/watch-status.js';

const TOLD_INGESTIONS = 3;

/** @throws AppError `not_found`, or `invalid_request` for a version of another dataset */
const checkMadeHere = async (tx: Transaction, { id, dataset }: Ingestion, datasetVersion: Digest): Promise<void> => {
  const version = await tx.datasets.getVersion(datasetVersion);
  if (version === null) throw noSuch('dataset version', datasetVersion);
  if (version.dataset === dataset) return;
  throw new AppError(
    'invalid_request',
    `datasetVersion: ${datasetVersion} is a version of ${version.dataset}, and ingestion ${id} is one of ${dataset}`,
    { details: { field: 'datasetVersion', dataset, found: version.dataset } },
  );
};

export const watchService = (db: Database, now: () => Date = () => new Date()) => {
  const find = async (tx: Pick<Transaction, 'datasets'>, name: string): Promise<Dataset> => {
    const dataset = await tx.datasets.get(name);
    if (dataset === null) throw noSuch('dataset', name, await tx.datasets.names());
    return dataset;
  };

  /** Changes a dataset under its lock, unless it is as it should be already. */
  const change = (
    name: string,
    act: (tx: Transaction, present: Dataset) => Promise<'changed' | 'same'>,
  ): Promise<Dataset> =>
    db.transaction(async (tx) => {
      await tx.datasets.lock(name);
      const present = await find(tx, name);
      if ((await act(tx, present)) === 'same') return present;
      tx.emit({ kind: 'dataset', subject: name, environment: null });
      return find(tx, name);
    });

  const decisions = async (dataset: Dataset): Promise<StartDecision[]> => {
    const datasetVersion = await db.datasets.latestVersion(dataset.name);
    const sameVersions = await readSameVersions(db.datasets.getVersion, datasetVersion);
    const told: StartDecision[] = [];
    for (const pipelineVersion of await db.pipelines.listLatest({ dataset: dataset.name })) {
      const asked = {
        ...{ pipeline: pipelineVersion.name, datasetVersion: datasetVersion?.id ?? null, sameVersions },
        now: now(),
      };
      const runs = await readRuns(db.runs.list, asked);
      const { onLeakage } = dataset.policy;
      told.push(
        decideStart({ pipelineVersion, datasetVersion, sameVersions, onLeakage, runs, now: asked.now }).decision,
      );
    }
    return told;
  };

  return {
    /** Who stopped it first is kept. */
    pauseDataset: (by: string, name: string): Promise<Dataset> =>
      change(name, async (tx, { paused }) => {
        if (paused !== null) return 'same';
        await tx.watches.pause(name, by);
        return 'changed';
      }),

    resumeDataset: (name: string): Promise<Dataset> =>
      change(name, async (tx, { paused }) => {
        if (paused === null) return 'same';
        await tx.watches.resume(name);
        return 'changed';
      }),

    /** Asks for a version of what landed now, without the wait for quiet. */
    askLook: (name: string): Promise<Dataset> =>
      change(name, async (tx, { paused }) => {
        if (paused !== null) {
          throw new AppError(
            'refused',
            `dataset ${name} was paused by ${paused.by} at ${paused.at}: ./graft data resume ${name} looks at what landed`,
            { details: { dataset: name, paused } },
          );
        }
        await tx.watches.askLook(name);
        return 'changed';
      }),

    getWatch: async (name: string): Promise<WatchStatus | null> =>
      watchNow(await find(db, name), await db.watches.get(name)),

    reportWatch: async (name: string, status: NewWatchStatus): Promise<void> => {
      await find(db, name);
      await db.watches.set(name, status);
    },

    /** The same id again is the ingestion that is there. */
    openIngestion: async (ingestion: NewIngestion): Promise<Ingestion> => {
      await find(db, ingestion.dataset);
      const present = await db.ingestions.createOrGet(ingestion);
      if (present.dataset === ingestion.dataset) return present;
      throw new AppError('conflict', `ingestion ${ingestion.id} is of ${present.dataset}, not of ${ingestion.dataset}`);
    },

    patchIngestion: (id: string, patch: IngestionPatch): Promise<Ingestion> =>
      db.transaction(async (tx) => {
        await tx.ingestions.lock(id);
        const present = await tx.ingestions.get(id);
        if (present === null) throw noSuch('ingestion', id);
        if (typeof patch.datasetVersion === 'string') await checkMadeHere(tx, present, patch.datasetVersion);
        return checkIngestionPatch(present, patch) === 'same' ? present : tx.ingestions.patch(id, patch);
      }),

    listIngestions: async (dataset: string, page: PageAsk<MomentKey>): Promise<Ingestion[]> => {
      await find(db, dataset);
      return db.ingestions.list(dataset, page);
    },

    explainDataset: async (name: string): Promise<DatasetStory> => {
      const dataset = await find(db, name);
      return {
        dataset,
        watch: watchNow(dataset, await db.watches.get(name)),
        ingestions: await db.ingestions.list(name, { after: null, limit: TOLD_INGESTIONS }),
        latestVersion: await db.datasets.latestVersion(name),
        pipelines: await decisions(dataset),
      };
    },
  };
};
