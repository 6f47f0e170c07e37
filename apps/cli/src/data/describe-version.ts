/** What `graft data show` tells of a version, put together from what is known of it and of the one before. */
import type {
  Correction,
  DatasetRoot,
  DatasetVersion,
  ManifestImage,
  QuarantineEntry,
  SplitCounts,
  TakenOut,
} from '@graft/contracts';
import { countFixedSplits, type FixedSplitCounts, type VersionDiff } from '@graft/data';

export interface LabelState extends SplitCounts {
  readonly label: string;
  /** `new` since the version before; `retired`: it has no image and keeps its index. */
  readonly state: 'new' | 'renamed' | 'retired' | null;
  /** Names that it had. */
  readonly formerly: readonly string[];
}

export interface VersionDescription {
  readonly version: DatasetVersion;
  readonly labels: readonly LabelState[];
  /** What the splits that uploaders fixed came to. */
  readonly fixedSplits: FixedSplitCounts;
  readonly since: {
    readonly added: number;
    readonly removed: number;
    readonly removedFromTest: number;
    readonly relabelled: number;
  };
  /** Taken in by this version. */
  readonly corrections: readonly Pick<Correction, 'number' | 'by' | 'at' | 'reason'>[];
  /** Sent, and not in the dataset's latest version yet. */
  readonly waitingCorrections: number;
  readonly takenOut: number;
  /** Entries by reason, most first. */
  readonly quarantine: readonly { readonly reason: QuarantineEntry['reason']; readonly entries: number }[];
  /** Left out since, by ingestions that made no version; 0 of any version but the latest. */
  readonly leftOutSince: number;
  readonly leaks: number;
}

const countBy = <T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, number> => {
  const counts = new Map<K, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
};

export const describeVersion = ({
  version,
  root,
  images,
  diff,
  corrections,
  waitingCorrections,
  quarantine,
  leftOutSince,
  takenOut,
}: {
  version: DatasetVersion;
  root: DatasetRoot;
  images: readonly Pick<ManifestImage, 'fixedSplit' | 'split'>[];
  diff: VersionDiff;
  corrections: readonly Correction[];
  waitingCorrections: number;
  quarantine: readonly QuarantineEntry[];
  leftOutSince: number;
  takenOut: TakenOut['images'];
}): VersionDescription => {
  const isNew = new Set(diff.newLabels);
  const isRenamed = new Set(diff.renamedLabels.map(({ to }) => to));
  const labels = root.labels.map((label): LabelState => {
    const counts = root.byLabel[label] ?? { train: 0, val: 0, test: 0 };
    const retired = counts.train + counts.val + counts.test === 0;
    const state = retired ? 'retired' : isNew.has(label) ? 'new' : isRenamed.has(label) ? 'renamed' : null;
    const formerly = Object.entries(root.renamed ?? {}).flatMap(([from, to]) => (to === label ? [from] : []));
    return { label, ...counts, state, formerly };
  });
  return {
    version,
    labels,
    fixedSplits: countFixedSplits(images),
    since: {
      added: diff.added.length,
      removed: diff.removed.length,
      removedFromTest: diff.removed.filter(({ split }) => split === 'test').length,
      relabelled: diff.relabelled.length,
    },
    corrections: corrections.map(({ number, by, at, reason }) => ({ number, by, at, reason })),
    waitingCorrections,
    takenOut: takenOut.length,
    quarantine: [...countBy(quarantine, ({ reason }) => reason)]
      .map(([reason, entries]) => ({ reason, entries }))
      .sort((a, b) => b.entries - a.entries || (a.reason < b.reason ? -1 : 1)),
    leftOutSince,
    leaks: version.leaks,
  };
};
