/** Whether a dataset version can be trained on; if not, what to do about it. */
import { AppError, type DatasetRoot, type ManifestImage, type SplitCounts } from '@graft/contracts';

const MIN_LABELS = 2;
const MIN_TRAIN_PER_LABEL = 2;
/** A message names so many labels; `details` has them all. */
const NAMED = 5;

const count = (images: number): string => (images === 1 ? '1 image' : `${images} images`);

const landMore = (dataset: string, label = '<label>'): string => `land more under ${dataset}/${label}/`;

/**
 * Needed: two labels with images, two training images of each, and a test and a val image (the gate compares on test, early stopping
 * reads val).
 * @throws AppError `dataset_unfit` that says what was found and what to do; `details.problem` is `too_few_labels`,
 * `too_few_train`, `no_val` or `no_test`.
 */
export const checkTrainable = ({ root, images }: { root: DatasetRoot; images: readonly ManifestImage[] }): void => {
  const { dataset } = root;
  const refuse = (problem: string, message: string, details: Record<string, unknown> = {}): never => {
    throw new AppError('dataset_unfit', `dataset "${dataset}" can't be trained on: ${message}`, {
      details: { dataset, problem, ...details },
    });
  };
  const byLabel = new Map<string, SplitCounts>(root.labels.map((label) => [label, { train: 0, val: 0, test: 0 }]));
  const bySplit = { train: 0, val: 0, test: 0 };
  for (const { label, split } of images) {
    const counts = byLabel.get(label);
    if (counts) counts[split]++;
    bySplit[split]++;
  }

  // A label without any image is retired: it keeps its index in the signature, and nothing is learned of it.
  const inUse = [...byLabel].filter(([, { train, val, test }]) => train + val + test > 0);
  if (inUse.length < MIN_LABELS) {
    const [only] = inUse.map(([label]) => label);
    const found = only === undefined ? 'it has no image' : `it has one label ("${only}", ${count(images.length)})`;
    refuse(
      'too_few_labels',
      `${found}, and a classifier needs at least ${MIN_LABELS}: land images of another label under ${dataset}/<label>/`,
      {
        labels: inUse.map(([label]) => label),
      },
    );
  }
  const poor = inUse.filter(([, { train }]) => train < MIN_TRAIN_PER_LABEL);
  if (poor.length > 0) {
    const named = poor.slice(0, NAMED).map(([label, { train, val, test }]) => {
      const elsewhere = val + test > 0 ? ` (and ${val} in val, ${test} in test)` : '';
      return `label "${label}" has ${count(train)} in train${elsewhere}`;
    });
    const rest = poor.length > NAMED ? `, and ${poor.length - NAMED} more labels` : '';
    refuse(
      'too_few_train',
      `${named.join(', ')}${rest}, at least ${MIN_TRAIN_PER_LABEL} are needed: ${landMore(dataset, poor.length === 1 ? poor[0]?.[0] : undefined)}, a handful at least, since some go to val and test, or take a label that was a mistake out (./graft data remove, or ./graft data rename into another)`,
      {
        labels: Object.fromEntries(poor),
      },
    );
  }
  if (bySplit.test === 0) {
    refuse(
      'no_test',
      `none of its ${count(images.length)} is in the test split, so that nothing could be evaluated: ${landMore(dataset)}, or under ${dataset}/test/<label>/ to fix the split`,
      {
        bySplit,
      },
    );
  }
  if (bySplit.val === 0) {
    refuse(
      'no_val',
      `none of its ${count(images.length)} is in the val split, which early stopping reads: ${landMore(dataset)}, or under ${dataset}/val/<label>/ to fix the split (with a test split beside it), or raise the dataset's val share if it is 0`,
      {
        bySplit,
      },
    );
  }
};
