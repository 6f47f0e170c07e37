import {
  AppError,
  datasetPolicySchema,
  type Dataset,
  type DatasetPolicy,
  type DatasetVersion,
  type NewDatasetVersion,
} from '@graft/contracts';
import type { Database } from '../db/database.js';
import { checkDatasetPolicy } from '../rules/dataset-policy.js';
import { noSuch } from '../rules/not-found.js';
import type { PageAsk } from '../rules/page.js';

export type PolicyPatch = { readonly [K in keyof DatasetPolicy]?: DatasetPolicy[K] | undefined };

export const datasetService = (db: Database) => {
  const getDataset = async (name: string): Promise<Dataset> => {
    const dataset = await db.datasets.get(name);
    if (dataset === null) throw noSuch('dataset', name, await db.datasets.names());
    return dataset;
  };

  return {
    getDataset,

    listDatasets: (page: PageAsk<string>): Promise<Dataset[]> => db.datasets.list(page),

    /** @throws AppError `invalid_request` where the settings that a change names don't go together; then nothing is made. */
    putDataset: async (name: string, patch: PolicyPatch): Promise<Dataset> => {
      await db.transaction(async (tx) => {
        await tx.datasets.ensure(name, datasetPolicySchema.parse({}));
        await tx.datasets.lock(name);
        const present = await tx.datasets.get(name);
        const policy = datasetPolicySchema.parse({ ...present?.policy, ...patch });
        checkDatasetPolicy(name, policy, patch);
        await tx.datasets.setPolicy(name, policy);
      });
      return getDataset(name);
    },

    createDatasetVersion: (version: NewDatasetVersion): Promise<DatasetVersion> =>
      db.transaction(async (tx) => {
        await tx.datasets.lock(version.dataset);
        const existing = await tx.datasets.getVersion(version.id);
        if (existing !== null) return existing;
        if ((await tx.datasets.get(version.dataset)) === null) {
          throw noSuch('dataset', version.dataset, await tx.datasets.names());
        }
        const latest = await tx.datasets.latestVersion(version.dataset);
        if ((latest?.id ?? null) !== version.parent) {
          throw new AppError(
            'conflict',
            `the latest version of ${version.dataset} is ${latest === null ? 'none' : `${latest.number} (${latest.id})`}, ` +
              `and this one was made on ${version.parent ?? 'none'}: make it again on the latest`,
            { details: { dataset: version.dataset, latest: latest?.id ?? null, parent: version.parent } },
          );
        }
        const created = await tx.datasets.createVersion(version, (latest?.number ?? 0) + 1);
        tx.emit({ kind: 'dataset_version', subject: created.id, environment: null });
        return created;
      }),

    getDatasetVersion: async (id: string): Promise<DatasetVersion> => {
      const version = await db.datasets.getVersion(id);
      if (version === null) throw noSuch('dataset version', id);
      return version;
    },

    listDatasetVersions: async (dataset: string, page: PageAsk<number>): Promise<DatasetVersion[]> => {
      await getDataset(dataset);
      return db.datasets.listVersions(dataset, page);
    },
  };
};
