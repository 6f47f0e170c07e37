/** Whether everything that the registry's rows name is there and is what it was, and whether the ledgers are what was written. */
import {
  checkObjects,
  linksOfDatasetVersion,
  linksOfLedgerEntry,
  linksOfModelVersion,
  type Link,
  type ObjectCheck,
} from '@graft/artifacts';
import { AppError, type Ahead, type BlobStore, type DatasetVersion, type LedgerEntry } from '@graft/contracts';
import { verifyLedger, type Registry } from '@graft/registry-client';

export interface LedgerCheck {
  readonly model: string;
  readonly environment: string;
  readonly generations: number;
  /** Null where the chain holds and its last row is what is deployed. */
  readonly problem: string | null;
}

export interface Verification extends ObjectCheck {
  readonly models: number;
  readonly versions: number;
  readonly datasetVersions: number;
  readonly ledgers: readonly LedgerCheck[];
  /** What live replicas serve that the ledgers know nothing of. */
  readonly ahead: readonly Ahead[];
}

type VerifiedRegistry = Pick<
  Registry,
  | 'listModels'
  | 'getModel'
  | 'listModelVersions'
  | 'listLedger'
  | 'getDeployment'
  | 'getEpoch'
  | 'listDatasets'
  | 'listDatasetVersions'
  | 'getDatasetVersion'
>;

const problemOf = async (
  registry: VerifiedRegistry,
  { model, environment, entries }: { model: string; environment: string; entries: readonly LedgerEntry[] },
): Promise<string | null> => {
  try {
    verifyLedger(entries);
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'corrupt') return thrown.message;
    throw thrown;
  }
  const last = entries.reduce((newest, entry) => (entry.generation > newest.generation ? entry : newest));
  if (!entries.some(({ generation }) => generation === 1)) return 'its first generations are missing';
  // What was read first may have been followed meanwhile: the deployment is at least as new.
  const deployed = await registry.getDeployment(model, environment);
  if (deployed !== null && deployed.generation > last.generation) return null;
  if (deployed?.generation === last.generation && deployed.target.artifactDigest === last.artifactDigest) return null;
  return `its last row is generation ${last.generation} with artifact ${last.artifactDigest}; what is deployed is ${
    deployed === null ? 'nothing' : `generation ${deployed.generation} with artifact ${deployed.target.artifactDigest}`
  }`;
};

/** Every dataset version, or those that some versions were made from. */
const datasetVersionsOf = async (
  registry: VerifiedRegistry,
  made: readonly { lineage: { datasetVersion: string } }[] | null,
): Promise<DatasetVersion[]> => {
  if (made !== null) {
    const ids = [...new Set(made.map(({ lineage }) => lineage.datasetVersion))];
    return Promise.all(ids.map((id) => registry.getDatasetVersion(id)));
  }
  const datasets = await registry.listDatasets();
  return (await Promise.all(datasets.map(({ name }) => registry.listDatasetVersions(name)))).flat();
};

/**
 * @param options.model this model and what it was made from; default: everything
 * @throws AppError `not_found` for an unknown model; `unavailable` where registry or object store don't answer
 */
export const verifyRegistry = async (
  { registry, blobs }: { registry: VerifiedRegistry; blobs: Pick<BlobStore, 'get'> },
  { model, onProgress }: { model?: string | undefined; onProgress?: (done: number, known: number) => void } = {},
): Promise<Verification> => {
  const models = model === undefined ? await registry.listModels() : [await registry.getModel(model)];
  const links: Link[] = [];
  const versions = (await Promise.all(models.map(({ name }) => registry.listModelVersions(name)))).flat();
  links.push(...versions.flatMap(linksOfModelVersion));
  const ledgers: LedgerCheck[] = [];
  for (const { name } of models) {
    const entries = await registry.listLedger(name);
    links.push(...entries.flatMap(linksOfLedgerEntry));
    for (const environment of [...new Set(entries.map((entry) => entry.environment))].sort()) {
      const ledger = { model: name, environment, entries: entries.filter((one) => one.environment === environment) };
      ledgers.push({
        ...{ model: name, environment, generations: ledger.entries.length },
        problem: await problemOf(registry, ledger),
      });
    }
  }
  const datasetVersions = await datasetVersionsOf(registry, model === undefined ? null : versions);
  links.push(...datasetVersions.flatMap(linksOfDatasetVersion));
  const checked = await checkObjects(blobs, links, onProgress);
  return {
    ...{ models: models.length, versions: versions.length, datasetVersions: datasetVersions.length },
    ahead: (await registry.getEpoch()).ahead.filter((one) => model === undefined || one.model === model),
    ...{ ledgers, ...checked },
  };
};
