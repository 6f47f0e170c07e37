/** A dataset as corrections find it: its latest version, and everything that was left out up to now. */
import { readLandingTails } from '@graft/artifacts';
import type {
  Correction,
  CorrectionAction,
  Dataset,
  DatasetRoot,
  DatasetVersion,
  ManifestImage,
  QuarantineEntry,
} from '@graft/contracts';
import {
  joinLeftOut,
  readDatasetVersion,
  readQuarantine,
  takeInCorrections,
  type AppliedCorrections,
  type LeftOut,
} from '@graft/data';
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

/** All that was left out of a dataset up to now. @param version the latest; null where there is none */
export const readLeftOut = async (
  { blobs, artifacts }: Pick<DataContext, 'blobs' | 'artifacts'>,
  dataset: string,
  version: DatasetVersion | null,
): Promise<LeftOut> => {
  const counted = await readQuarantine(blobs, version);
  return joinLeftOut(counted, (await readLandingTails(artifacts, dataset)).quarantine);
};

/** @throws AppError `not_found` where the registry has no such dataset. */
export const readDatasetState = async (context: DataContext, name: string): Promise<DatasetState> => {
  const { registry, blobs } = context;
  const dataset = await registry.getDataset(name);
  const version = dataset.latestVersion === null ? null : await registry.getDatasetVersion(dataset.latestVersion);
  const contents = version === null ? null : await readDatasetVersion(blobs, version.id);
  return { dataset, version, contents, quarantine: (await readLeftOut(context, name, version)).all };
};

/** Actions that have been sent, in their order, and that the latest version hasn't taken in. */
export const readWaiting = async (
  { registry }: Pick<DataContext, 'registry'>,
  { dataset, version }: Pick<DatasetState, 'dataset' | 'version'>,
): Promise<CorrectionAction[]> => {
  const waiting: CorrectionAction[] = [];
  for (let after = version?.corrections ?? 0; after < dataset.corrections;) {
    const page = await registry.listCorrections(dataset.name, { after, limit: 10 });
    for (const { actions } of page) waiting.push(...actions);
    after = page.at(-1)?.number ?? dataset.corrections;
  }
  return waiting;
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
