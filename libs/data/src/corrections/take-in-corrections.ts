/** Reads the corrections that a version is to take in, and what they refer to, and carries them out. */
import {
  AppError,
  takenOutSchema,
  type BlobStore,
  type Correction,
  type DatasetRoot,
  type DatasetVersion,
  type ManifestImage,
  type QuarantineEntry,
  type TakenOut,
} from '@graft/contracts';
import { getDocument } from '../versions/blob-documents.js';
import { readDatasetVersion } from '../versions/dataset-version.js';
import { readQuarantine } from '../versions/left-out.js';
import { applyCorrections, type AppliedCorrections } from './apply-corrections.js';
import type { RevertedVersion, VersionContents } from './revert-version.js';

/** Corrections in one answer of the registry: each may name 10,000 images. */
const PAGE = 10;

/** What the registry is asked. */
export interface CorrectionSources {
  readonly registry: {
    /** Those after a number, oldest first. */
    listCorrections(dataset: string, page: { after: number; limit: number }): Promise<Correction[]>;
    listDatasetVersions(dataset: string): Promise<DatasetVersion[]>;
  };
  readonly blobs: BlobStore;
}

const listBetween = async (
  { registry }: CorrectionSources,
  dataset: string,
  { after, upTo }: { after: number; upTo: number },
): Promise<Correction[]> => {
  const corrections: Correction[] = [];
  for (let last = after; last < upTo; last = corrections.at(-1)?.number ?? upTo) {
    const page = await registry.listCorrections(dataset, { after: last, limit: PAGE });
    if (page.length === 0) {
      throw new AppError('internal', `correction ${last + 1} of dataset "${dataset}" was announced and isn't there`);
    }
    corrections.push(...page);
  }
  return corrections.filter(({ number }) => number <= upTo);
};

/** What corrections had taken out of a version; empty for none. */
export const readTakenOut = async (
  blobs: BlobStore,
  version: Pick<DatasetVersion, 'takenOut'> | null,
): Promise<TakenOut['images']> =>
  version?.takenOut ? (await getDocument(blobs, takenOutSchema, version.takenOut)).images : [];

const readContents = async (blobs: BlobStore, version: DatasetVersion): Promise<VersionContents> => {
  const { root, images } = await readDatasetVersion(blobs, version.id);
  return { root, images, quarantine: await readQuarantine(blobs, version) };
};

/** The versions that corrections revert, with what came before each. */
const readReverted = async (
  { registry, blobs }: CorrectionSources,
  dataset: string,
  corrections: readonly Correction[],
): Promise<Map<number, RevertedVersion>> => {
  const numbers = new Set(
    corrections.flatMap(({ actions }) => actions.flatMap((each) => (each.action === 'revert' ? [each.version] : []))),
  );
  if (numbers.size === 0) return new Map();
  const byNumber = new Map((await registry.listDatasetVersions(dataset)).map((version) => [version.number, version]));
  const reverted = new Map<number, RevertedVersion>();
  for (const number of numbers) {
    const version = byNumber.get(number);
    if (version === undefined) continue;
    const before = byNumber.get(number - 1);
    reverted.set(number, {
      version: await readContents(blobs, version),
      before: before === undefined ? null : await readContents(blobs, before),
    });
  }
  return reverted;
};

/**
 * What a landing is joined to: the parent as it is after the corrections up to and with `upTo` that it hasn't taken in.
 * @param quarantine what was left out up to now, one entry a key
 * @param drafts corrections that haven't been sent, after all that have been: to see what they would do
 */
export const takeInCorrections = async (
  sources: CorrectionSources,
  {
    dataset,
    parent,
    parentVersion,
    quarantine,
    upTo,
    drafts = [],
  }: {
    dataset: string;
    parent: { root: DatasetRoot; images: readonly ManifestImage[] } | null;
    parentVersion: DatasetVersion | null;
    quarantine: readonly QuarantineEntry[];
    upTo: number;
    drafts?: readonly Correction[];
  },
): Promise<AppliedCorrections> => {
  const sent = await listBetween(sources, dataset, { after: parentVersion?.corrections ?? 0, upTo });
  const corrections = [...sent, ...drafts];
  return applyCorrections({
    parent,
    corrections,
    quarantine,
    takenOut: await readTakenOut(sources.blobs, parentVersion),
    reverted: await readReverted(sources, dataset, corrections),
  });
};
