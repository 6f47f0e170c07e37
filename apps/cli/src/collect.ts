/** A collection of garbage, as the registry hears of it: who began it, and what it removed. */
import { collectGarbage, type GarbageCollection, type CollectOptions, type Roots } from '@graft/artifacts';
import type { Collected } from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import type { Context } from './context.js';

export interface CollectRequest {
  readonly olderThanSeconds: number;
  readonly isDryRun: boolean;
  /** Allows an age below an hour. */
  readonly force: boolean;
}

type CollectRegistry = Pick<
  Registry,
  'listReferences' | 'listDatasets' | 'listDatasetVersions' | 'openCollection' | 'closeCollection'
>;

/** Versions before references: a version that comes in between is among the references at least. */
const readRootsOf = async (registry: CollectRegistry): Promise<Roots> => {
  const datasets = await registry.listDatasets();
  const versions = await Promise.all(datasets.map(({ name }) => registry.listDatasetVersions(name)));
  return { datasetVersions: versions.flat(), references: await registry.listReferences() };
};

const sumOf = ({ removed }: GarbageCollection): Collected => ({
  objects: removed.reduce((sum, { objects }) => sum + objects, 0),
  bytes: removed.reduce((sum, { bytes }) => sum + bytes, 0),
  byKind: Object.fromEntries(removed.map(({ kind, objects, bytes }) => [kind, { objects, bytes }])),
});

/**
 * The registry is asked first, so that it knows of a collection that is killed, and refuses whoever may not.
 * @throws AppError `forbidden`, `refused` for an age below an hour, and as `collectGarbage`
 */
export const collectFor = async (
  { registry, artifacts }: Pick<Context, 'artifacts'> & { readonly registry: CollectRegistry },
  { olderThanSeconds, isDryRun, force }: CollectRequest,
  onProgress?: CollectOptions['onProgress'],
): Promise<GarbageCollection & { readonly collection: string | null }> => {
  const opened = isDryRun ? null : await registry.openCollection({ olderThanSeconds, force });
  const collected = await collectGarbage({
    ...{ objects: artifacts, readRoots: () => readRootsOf(registry) },
    ...{ olderThanMs: olderThanSeconds * 1000, isDryRun },
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  if (opened !== null) await registry.closeCollection(opened.id, sumOf(collected));
  return { collection: opened?.id ?? null, ...collected };
};
