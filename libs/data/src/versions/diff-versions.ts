/** What changed from one dataset version to another. */
import type { DatasetRoot, ManifestImage } from '@graft/contracts';

interface Version {
  readonly root: Pick<DatasetRoot, 'labels'>;
  readonly images: readonly ManifestImage[];
}

export interface ChangedImage {
  readonly before: ManifestImage;
  readonly after: ManifestImage;
}

export interface VersionDiff {
  /** In ascending order of sha256, as the versions are. */
  readonly added: ManifestImage[];
  /** No longer there: a label conflict came to light, or a correction took it out. */
  readonly removed: ManifestImage[];
  /** Have another label. A label that only has another name at its index is the same. */
  readonly relabelled: ChangedImage[];
  /** Have another split: from a version to a later one, none. */
  readonly moved: ChangedImage[];
  /** Labels that weren't there, and that have images. */
  readonly newLabels: string[];
  /** Labels that have another name at their index. */
  readonly renamedLabels: { readonly from: string; readonly to: string }[];
  /** Labels that have lost their last image. */
  readonly retiredLabels: string[];
}

/** Labels, and which of them have images. */
interface LabelUse {
  readonly labels: readonly string[];
  readonly inUse: ReadonlySet<string>;
}

const useOf = ({ root, images }: Version): LabelUse => ({
  labels: root.labels,
  inUse: new Set(images.map(({ label }) => label)),
});

const compareLabels = (
  before: LabelUse,
  after: LabelUse,
): Pick<VersionDiff, 'newLabels' | 'renamedLabels' | 'retiredLabels'> => {
  const named = after.labels.map((to, at) => ({ from: before.labels[at], to }));
  return {
    newLabels: after.labels.slice(before.labels.length).filter((label) => after.inUse.has(label)),
    renamedLabels: named.flatMap(({ from, to }) => (from === undefined || from === to ? [] : [{ from, to }])),
    retiredLabels: named
      .filter(({ from, to }) => from !== undefined && before.inUse.has(from) && !after.inUse.has(to))
      .map(({ to }) => to),
  };
};

/** What changed of the labels, by what the roots count: no image is looked at. */
export const diffLabels = (before: DatasetRoot, after: DatasetRoot): ReturnType<typeof compareLabels> => {
  const rootUse = ({ labels, byLabel }: DatasetRoot): LabelUse => ({
    labels,
    inUse: new Set(
      Object.entries(byLabel)
        .filter(([, { train, val, test }]) => train + val + test > 0)
        .map(([label]) => label),
    ),
  });
  return compareLabels(rootUse(before), rootUse(after));
};

/** @param parent null for a dataset's first version: then everything was added */
export const diffVersions = (parent: Version | null, current: Version): VersionDiff => {
  const earlier = parent ?? { root: { labels: [] }, images: [] };
  const before = new Map(earlier.images.map((image) => [image.sha256, image]));
  const kept = new Set<string>();
  const added: ManifestImage[] = [];
  const pairs: ChangedImage[] = [];
  for (const after of current.images) {
    const was = before.get(after.sha256);
    if (was === undefined) added.push(after);
    else {
      kept.add(after.sha256);
      pairs.push({ before: was, after });
    }
  }
  const indexBefore = new Map(earlier.root.labels.map((label, at) => [label, at]));
  const indexAfter = new Map(current.root.labels.map((label, at) => [label, at]));
  return {
    added,
    removed: earlier.images.filter(({ sha256 }) => !kept.has(sha256)),
    relabelled: pairs.filter(({ before, after }) => indexBefore.get(before.label) !== indexAfter.get(after.label)),
    moved: pairs.filter(({ before, after }) => before.split !== after.split),
    ...compareLabels(useOf(earlier), useOf(current)),
  };
};
