/** A dataset as corrections find it: its latest version, and everything that was left out up to now. */
import { readLandingTails } from '@graft/artifacts';
import type {
  Correction,
  Dataset,
  DatasetRoot,
  DatasetVersion,
  ManifestImage,
  QuarantineEntry,
} from '@graft/contracts';
import { readDatasetVersion, readQuarantine, takeInCorrections, type AppliedCorrections } from '@graft/data';
import type { Context } from '../context.js';

export type DataContext = Pick<Context, 'registry' | 'blobs' | 'artifacts'>;

export interface DatasetState {
  readonly dataset: Dataset;
  /** Null for a dataset that has none yet. */
  readonly version: DatasetVersion | null;
  readonly contents: { readonly root: DatasetRoot; readonly images: ManifestImage[] } | null;
  /** One entry a key, in ascending order of key; those of ingestions that made no version included. */
  readonly quarantine: readonly QuarantineEntry[];
}

/** @throws AppError `not_found` where the registry has no such dataset. */
export const readDatasetState = async (
  { registry, blobs, artifacts }: DataContext,
  name: string,
): Promise<DatasetState> => {
  const dataset = await registry.getDataset(name);
  const version = dataset.latestVersion === null ? null : await registry.getDatasetVersion(dataset.latestVersion);
  const contents = version === null ? null : await readDatasetVersion(blobs, version.id);
  const tails = await readLandingTails(artifacts, name);
  const entries = [...(await readQuarantine(blobs, version)), ...tails.quarantine];
  const byKey = new Map(entries.map((entry) => [entry.key, entry]));
  const quarantine = [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  return { dataset, version, contents, quarantine };
};

/** What the corrections that wait would make of a version, and then those that nobody has sent yet. Nothing is changed. */
export const previewCorrections = (
  { registry, blobs }: DataContext,
  state: DatasetState,
  drafts: readonly Correction[] = [],
): Promise<AppliedCorrections> =>
  takeInCorrections(
    { registry, blobs },
    {
      dataset: state.dataset.name,
      parent: state.contents,
      parentVersion: state.version,
      quarantine: state.quarantine,
      upTo: state.dataset.corrections,
      drafts,
    },
  );
