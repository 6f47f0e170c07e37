/** Labels that a correction makes: a slip of the keyboard makes one as well, and a label stays. */
import type { AppliedCorrections } from '@graft/data';
import { nearestName } from '../nearest-name.js';

export interface NewLabel {
  readonly label: string;
  /** A label of the dataset that is written nearly like it; null for none. */
  readonly nearest: string | null;
}

type Applied = Pick<AppliedCorrections, 'images' | 'reinstated' | 'labels' | 'renamed'>;

const labelsInUse = ({ images, reinstated }: Applied): Set<string> =>
  new Set([...images, ...reinstated].map(({ label }) => label));

/** Labels that images have after corrections, and that the dataset didn't have; other names of its labels are no new ones. */
export const findNewLabels = (before: Applied, after: Applied): NewLabel[] => {
  const known = new Set([...before.labels, ...labelsInUse(before)]);
  const renamed = new Set(Object.values(after.renamed));
  return [...labelsInUse(after)]
    .filter((label) => !known.has(label) && !renamed.has(label))
    .map((label) => ({ label, nearest: nearestName(label, [...known]) }));
};

/** ""aants" is a new label (is "ants" meant?)". */
export const tellNewLabel = ({ label, nearest }: NewLabel): string =>
  `"${label}" is a new label${nearest === null ? '' : ` (is "${nearest}" meant?)`}`;
