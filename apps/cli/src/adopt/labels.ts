/** The labels of a model that was made elsewhere, and the places that they have in a dataset. */
import { AppError, createLabelNamer, readLabel, type DatasetRoot } from '@graft/contracts';

/**
 * A label a line, in the order of the model's outputs; empty lines at the end count for nothing.
 * @throws AppError `invalid_request` naming the line
 */
export const parseLabels = (text: string, file: string): string[] => {
  const lines = text
    .replace(/^\uFEFF/, '')
    .trimEnd()
    .split(/\r?\n/);
  const labels = lines.map((line, at) => {
    const read = readLabel(line);
    if ('label' in read) return read.label;
    throw new AppError('invalid_request', `${file}, line ${at + 1}: "${line}" can't be a label: ${read.why}`);
  });
  const twice = labels.find((label, at) => labels.indexOf(label) !== at);
  if (twice === undefined) return labels;
  throw new AppError('invalid_request', `${file}: the label "${twice}" is there twice`);
};

const list = (labels: readonly string[]): string => labels.map((label) => `"${label}"`).join(', ');

export interface PlacedLabels {
  /** In the dataset's order: index = class of the version. */
  readonly labels: readonly string[];
  /** `order[i]`: which of the model's outputs is class i. */
  readonly order: readonly number[];
}

/**
 * Versions that follow are trained on the dataset, and labels of a model only grow at their end: so the model's have to be the dataset's
 * first, in whatever order.
 * @throws AppError `refused` with the labels that differ, and the way out
 */
export const placeLabels = (
  given: readonly string[],
  { dataset, labels, renamed }: Pick<DatasetRoot, 'dataset' | 'labels' | 'renamed'>,
): PlacedLabels => {
  const nameOf = createLabelNamer({ labels, renamed });
  const known = given.map(nameOf);
  const strange = known.filter((label) => !labels.includes(label));
  if (strange.length > 0) {
    throw new AppError(
      'refused',
      `dataset ${dataset} has no ${strange.length === 1 ? 'label' : 'labels'} ${list(strange)}; it has ${list(labels)}: ` +
        'land images of them first, or name them in the labels file as the dataset does',
      { details: { dataset, strange } },
    );
  }
  const placed = labels.slice(0, known.length);
  const missing = placed.filter((label) => !known.includes(label));
  if (missing.length > 0) {
    throw new AppError(
      'refused',
      `the model doesn't know ${list(missing)}, which dataset ${dataset} has had longer than others that it knows; the labels of a ` +
        "model's versions only grow at their end: land its images into a dataset of their own, its labels first",
      { details: { dataset, missing } },
    );
  }
  return { labels: placed, order: placed.map((label) => known.indexOf(label)) };
};
