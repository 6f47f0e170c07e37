import { quarantineSchema, type BlobStore, type DatasetVersion, type QuarantineEntry } from '@graft/contracts';
import { getDocument } from './blob-documents.js';

/** What a version left out; empty for none. */
export const readQuarantine = async (
  blobs: BlobStore,
  version: Pick<DatasetVersion, 'quarantine'> | null,
): Promise<QuarantineEntry[]> =>
  version?.quarantine ? (await getDocument(blobs, quarantineSchema, version.quarantine)).entries : [];

export interface LeftOut {
  /** One entry a key, the latest, in ascending order of key. */
  readonly all: readonly QuarantineEntry[];
  /** How many of them the version doesn't count: of ingestions since, which made no version. */
  readonly since: number;
}

/**
 * All that was left out of a dataset up to now.
 * @param counted the quarantine of its latest version
 * @param later of ingestions since, in their order
 */
export const joinLeftOut = (counted: readonly QuarantineEntry[], later: readonly QuarantineEntry[]): LeftOut => {
  const byKey = new Map([...counted, ...later].map((entry) => [entry.key, entry]));
  const all = [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  return { all, since: all.length - counted.length };
};
