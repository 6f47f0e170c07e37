/** Documents of a version that are read in more than one place. */
import { readDocument } from '@graft/artifacts';
import { driftSchema, type BlobStore, type Drift, type ModelVersion } from '@graft/contracts';

/** How far the version's new data lay from what the champion had learned from; null where nothing was compared. */
export const readDrift = async (blobs: BlobStore, { artifacts }: ModelVersion): Promise<Drift | null> => {
  const digest = artifacts.find(({ kind }) => kind === 'drift')?.digest;
  return digest === undefined ? null : readDocument(blobs, driftSchema, digest);
};
