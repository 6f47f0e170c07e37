/** What was left out, as a person decides on it: pictures whose labels contradict each other together. */
import type { QuarantineEntry } from '@graft/contracts';

export interface Conflict {
  /** Of the pixels that they share. */
  readonly picture: string;
  readonly entries: readonly QuarantineEntry[];
  readonly labels: readonly string[];
}

/** @returns label conflicts by picture, and what else was left out; both in the order of the list */
export const groupEntries = (
  entries: readonly QuarantineEntry[],
): { conflicts: Conflict[]; others: QuarantineEntry[] } => {
  const byPicture = new Map<string, QuarantineEntry[]>();
  const others: QuarantineEntry[] = [];
  for (const entry of entries) {
    const picture = entry.image?.pixelSha256;
    if (entry.reason !== 'label_conflict' || picture === undefined) others.push(entry);
    else byPicture.set(picture, [...(byPicture.get(picture) ?? []), entry]);
  }
  const conflicts = [...byPicture].map(([picture, of]) => ({
    picture,
    entries: of,
    labels: [...new Set(of.flatMap(({ image }) => image?.label ?? []))],
  }));
  return { conflicts, others };
};
