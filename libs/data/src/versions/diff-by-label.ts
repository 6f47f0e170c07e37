import type { LabelDiff } from '@graft/contracts';
import type { VersionDiff } from './diff-versions.js';

const countBy = <T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
};

/** A diff label by label; labels where nothing changed are left out. Old names count under the name of now. */
export const diffByLabel = (
  diff: Pick<VersionDiff, 'added' | 'removed' | 'relabelled'>,
  labels: { before: readonly string[]; after: readonly string[] },
): LabelDiff[] => {
  const nameNow = new Map(labels.before.map((label, at) => [label, labels.after[at] ?? label]));
  const now = (label: string): string => nameNow.get(label) ?? label;
  const added = countBy(diff.added, ({ label }) => label);
  const removed = countBy(diff.removed, ({ label }) => now(label));
  const to = countBy(diff.relabelled, ({ after }) => after.label);
  const from = countBy(diff.relabelled, ({ before }) => now(before.label));
  return [...new Set([...labels.after, ...labels.before.map(now)])]
    .map((label) => ({
      label,
      added: added.get(label) ?? 0,
      removed: removed.get(label) ?? 0,
      relabelledTo: to.get(label) ?? 0,
      relabelledFrom: from.get(label) ?? 0,
    }))
    .filter(({ label: _, ...counts }) => Object.values(counts).some((count) => count > 0));
};
