/**
 * What corrections make of a version, pure: the images, labels and quarantine that a landing is joined to. The same parent,
 * corrections and quarantine give the same outcome. Splits never move: what comes back has the one that it had.
 */
import {
  findLabelTwin,
  sayLabelTwin,
  type Correction,
  type CorrectionAction,
  type DatasetRoot,
  type ManifestImage,
  type QuarantineEntry,
  type TakenOut,
} from '@graft/contracts';
import { bySha, byText } from '../order.js';
import type { Arrival } from '../merge/quarantine-entry.js';
import { createCorrectedDataset, type CorrectedDataset } from './corrected-dataset.js';
import { dismiss, isUnknownImage, relabel, remove, restore } from './correct-images.js';
import { NO_LABEL, renameLabel } from './rename-label.js';
import { revertVersion, type RevertedVersion } from './revert-version.js';

/** Something that an action named and that changes nothing. */
export interface Unmatched {
  readonly correction: number;
  readonly action: CorrectionAction['action'];
  /** The image, key, label or version number. */
  readonly ref: string;
  readonly why: string;
  /** Whether it isn't there; else it is, and there is nothing to do, or a rule says no. */
  readonly isUnknown: boolean;
}

export interface AppliedCorrections {
  /** In ascending order of sha256; those in `returning` included. */
  readonly images: ManifestImage[];
  /** sha256 of images that were put back: mergeLanding looks whether they would be trained on and tested on. */
  readonly returning: ReadonlySet<string>;
  /** Images that come from the quarantine: they go the way of what lands. */
  readonly reinstated: Arrival[];
  readonly labels: string[];
  readonly renamed: Record<string, string>;
  /** In ascending order of sha256. */
  readonly takenOut: TakenOut['images'];
  /** What still waits, in ascending order of key. */
  readonly quarantine: QuarantineEntry[];
  readonly unmatched: Unmatched[];
}

const NOTHING_TO_REVERT =
  'none of its images is there, and none that it left out is missing; names of labels are changed by a rename';

const NO_VERSION = 'the dataset has no such version';

const isUnknown = (why: string): boolean => isUnknownImage(why) || why === NO_LABEL || why === NO_VERSION;

const apply = (
  dataset: CorrectedDataset,
  action: CorrectionAction,
  correction: number,
  reverted: ReadonlyMap<number, RevertedVersion>,
): { ref: string; why: string }[] => {
  const each = (refs: readonly string[], act: (ref: string) => string | null): { ref: string; why: string }[] =>
    [...new Set(refs)].flatMap((ref) => {
      const why = act(ref);
      return why === null ? [] : [{ ref, why }];
    });
  switch (action.action) {
    case 'relabel': {
      const label = dataset.nameOf(action.label);
      const twin = findLabelTwin(label, [...dataset.labels, ...dataset.given]);
      if (twin !== null) return [{ ref: action.label, why: sayLabelTwin(action.label, twin) }];
      return each(action.images, (ref) => {
        const why = relabel(dataset, { ref, label: action.label, correction });
        if (why === null && !dataset.labels.includes(label)) dataset.given.add(label);
        return why;
      });
    }
    case 'remove':
      return each(action.images, (ref) => remove(dataset, { ref, correction }));
    case 'restore':
      return each(action.images, (ref) => restore(dataset, ref));
    case 'rename':
      return each([action.from], () => renameLabel(dataset, action));
    case 'revert': {
      const version = reverted.get(action.version);
      if (version === undefined) return [{ ref: String(action.version), why: NO_VERSION }];
      return revertVersion(dataset, version, correction)
        ? []
        : [{ ref: String(action.version), why: NOTHING_TO_REVERT }];
    }
    case 'dismiss':
      return each(action.keys, (key) => dismiss(dataset, { key, correction }));
  }
};

/**
 * @param parent the version that is corrected; null where the dataset has none, and images only wait in the quarantine
 * @param corrections those that `parent` hasn't taken in, in any order; carried out by number
 * @param quarantine what was left out up to now, one entry a key
 * @param takenOut what earlier corrections took out
 * @param reverted by number, the versions that `revert` names, with what came before them
 */
export const applyCorrections = ({
  parent,
  corrections,
  quarantine,
  takenOut,
  reverted = new Map(),
}: {
  parent: { readonly root: Pick<DatasetRoot, 'labels' | 'renamed'>; readonly images: readonly ManifestImage[] } | null;
  corrections: readonly Correction[];
  quarantine: readonly QuarantineEntry[];
  takenOut: TakenOut['images'];
  reverted?: ReadonlyMap<number, RevertedVersion>;
}): AppliedCorrections => {
  const dataset = createCorrectedDataset({ parent, quarantine, takenOut });
  const unmatched: Unmatched[] = [];
  for (const { number, actions } of [...corrections].sort((a, b) => a.number - b.number)) {
    for (const action of actions) {
      const missed = apply(dataset, action, number, reverted);
      unmatched.push(
        ...missed.map((miss) => ({
          ...{ correction: number, action: action.action, isUnknown: isUnknown(miss.why) },
          ...miss,
        })),
      );
    }
  }
  return {
    images: [...dataset.images.values()].sort(bySha),
    returning: dataset.returning,
    reinstated: [...dataset.reinstated.values()].sort((a, b) => bySha(a, b) || byText(a.key, b.key)),
    labels: dataset.labels,
    renamed: Object.fromEntries([...dataset.renamed].sort(([a], [b]) => byText(a, b))),
    takenOut: [...dataset.takenOut.values()].sort(bySha),
    quarantine: [...dataset.waiting.values()].sort((a, b) => byText(a.key, b.key)),
    unmatched,
  };
};
