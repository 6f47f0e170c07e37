/** What changed from one dataset version to the next. */
import type { DatasetRoot, ManifestImage } from '@graft/contracts';

interface Version {
  readonly root: Pick<DatasetRoot, 'labels'>;
  readonly images: readonly ManifestImage[];
}

export interface VersionDiff {
  /** In ascending order of sha256, as the versions are. */
  readonly added: ManifestImage[];
  /** Left out since: a label conflict came to light. */
  readonly removed: ManifestImage[];
  readonly newLabels: string[];
}

/** @param parent null for a dataset's first version: then everything was added */
export const diffVersions = (parent: Version | null, current: Version): VersionDiff => {
  const before = new Set(parent?.images.map(({ sha256 }) => sha256));
  const after = new Set(current.images.map(({ sha256 }) => sha256));
  const known = new Set(parent?.root.labels);
  return {
    added: current.images.filter(({ sha256 }) => !before.has(sha256)),
    removed: (parent?.images ?? []).filter(({ sha256 }) => !after.has(sha256)),
    newLabels: current.root.labels.filter((label) => !known.has(label)),
  };
};
