/**
 * How often these test images were looked at before: the model's earlier versions whose own test split shares an image
 * with this one. A choice among many looks at one split favours luck, so a report says their number. Runs that were
 * evaluated and never became a version are not known to the registry and not counted.
 */
import {
  isAdopted,
  toAppError,
  type BlobStore,
  type Digest,
  type ManifestImage,
  type ModelVersion,
} from '@graft/contracts';
import { readDatasetVersion } from '@graft/data';

export interface EarlierLooksOptions {
  readonly versions: readonly Pick<ModelVersion, 'lineage'>[];
  /** The run whose version this is: never an earlier look of its own. */
  readonly runId: string;
  readonly datasetVersion: Digest;
  readonly test: readonly ManifestImage[];
  readonly blobs: BlobStore;
}

export const countEarlierLooks = async (options: EarlierLooksOptions): Promise<number> => {
  const { versions, runId, datasetVersion, test, blobs } = options;
  const testImages = new Set(test.map(({ sha256 }) => sha256));
  const shared = new Map<Digest, boolean>([[datasetVersion, true]]);
  let looks = 0;
  for (const { lineage } of versions) {
    if (!isAdopted(lineage) && lineage.runId === runId) continue;
    let shares = shared.get(lineage.datasetVersion);
    if (shares === undefined) {
      shares = await readDatasetVersion(blobs, lineage.datasetVersion)
        .then(({ images }) => images.some(({ split, sha256 }) => split === 'test' && testImages.has(sha256)))
        .catch((thrown: unknown) => {
          // Its manifest was purged: whether it shared images can't be told any more, so count it.
          if (toAppError(thrown).code === 'not_found') return true;
          throw thrown;
        });
      shared.set(lineage.datasetVersion, shares);
    }
    if (shares) looks += 1;
  }
  return looks;
};
