/** Labels that differ in nothing but case: most often a slip of the keyboard, which would split one class in two. */
import { foldLabel, type QuarantineEntry } from '@graft/contracts';
import { byText } from '../order.js';
import { toEntry, type Arrival } from './quarantine-entry.js';

/** The label that stands for each folded one: the dataset's own; else the one that most landed images have, the first in text order. */
const preferredLabels = (known: readonly string[], landed: readonly Arrival[]): Map<string, string> => {
  const preferred = new Map<string, string>();
  for (const label of known) if (!preferred.has(foldLabel(label))) preferred.set(foldLabel(label), label);
  const counts = new Map<string, number>();
  for (const { label } of landed) counts.set(label, (counts.get(label) ?? 0) + 1);
  const byImages = [...counts].sort(([a, x], [b, y]) => y - x || byText(a, b));
  for (const [label] of byImages) if (!preferred.has(foldLabel(label))) preferred.set(foldLabel(label), label);
  return preferred;
};

/**
 * Splits off landed images whose label isn't known and differs from a known one, or from one that more images landed
 * under, in nothing but case. A label that a correction gave is meant as it is.
 */
export const separateAmbiguousLabels = (
  known: readonly string[],
  landed: readonly Arrival[],
): { clear: Arrival[]; quarantine: QuarantineEntry[] } => {
  const isKnown = new Set(known);
  const preferred = preferredLabels(known, landed);
  const clear: Arrival[] = [];
  const quarantine: QuarantineEntry[] = [];
  for (const image of landed) {
    const meant = preferred.get(foldLabel(image.label)) ?? image.label;
    if (meant === image.label || isKnown.has(image.label) || image.correction !== undefined) clear.push(image);
    else {
      const detail = `the label "${image.label}" differs from "${meant}" in nothing but case: land it under "${meant}", or relabel it so (./graft data relabel)`;
      quarantine.push(toEntry(image, 'ambiguous_label', detail));
    }
  }
  return { clear, quarantine };
};
