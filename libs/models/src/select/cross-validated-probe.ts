/** How well a linear classifier on frozen features does on images that it did not learn from, by cross-validation. */
import { setImmediate } from 'node:timers/promises';
import { AppError } from '@graft/contracts';
import type { LabelledRows } from '../strategy/separability.js';
import { fitRidgeProbe } from './ridge-probe.js';
import { stratifiedFolds } from './stratified-folds.js';

export interface CrossValidation extends LabelledRows {
  /** Rows of one group are left out together; null: a row by itself. */
  readonly groups: readonly (string | null)[];
  /** Default 5. Fewer where a label has fewer rows is not needed: a fold may lack a label. */
  readonly folds?: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly onFold?: (done: number) => void;
}

export interface CrossValidatedProbe {
  /** Class that the fold which left a row out names for it. */
  readonly predicted: readonly number[];
  /** Whether that is the row's own. */
  readonly right: readonly boolean[];
  readonly folds: readonly { readonly images: number; readonly right: number; readonly ridge: number }[];
}

const DEFAULT_FOLDS = 5;

const rowsOf = (features: Float32Array, length: number, rows: readonly number[]): Float64Array => {
  const out = new Float64Array(rows.length * length);
  for (const [at, row] of rows.entries()) out.set(features.subarray(row * length, (row + 1) * length), at * length);
  return out;
};

/**
 * Each fold is judged by a ridge probe of the others (`fitRidgeProbe`): standardization, strength and weights see nothing of it.
 * The same rows in the same order and the same seed give the same answer. Lets other work in between two folds.
 * @throws AppError `invalid_request` where features, labels and groups don't belong together; `dataset_unfit` with fewer than two
 * labels, or fewer groups than folds; the signal's reason when it aborts.
 */
export const crossValidatedProbe = async (request: CrossValidation): Promise<CrossValidatedProbe> => {
  const { features, length, labels, classes, groups, folds = DEFAULT_FOLDS, seed, signal, onFold } = request;
  if (features.length !== labels.length * length || groups.length !== labels.length) {
    throw new AppError(
      'invalid_request',
      `expected [${labels.length}, ${length}] features and ${labels.length} groups, got ${features.length} numbers and ${groups.length} groups`,
    );
  }
  if (new Set(labels).size < 2) throw new AppError('dataset_unfit', 'a probe needs images of at least two labels');
  const foldOf = stratifiedFolds({ labels, groups, folds, seed });
  const all = [...labels.keys()];
  const predicted = new Array<number>(labels.length).fill(0);
  const results: { images: number; right: number; ridge: number }[] = [];
  for (let fold = 0; fold < folds; fold += 1) {
    await setImmediate();
    signal?.throwIfAborted();
    const learned = all.filter((row) => foldOf[row] !== fold);
    const judged = all.filter((row) => foldOf[row] === fold);
    const probe = fitRidgeProbe({
      features: rowsOf(features, length, learned),
      length,
      labels: learned.map((row) => labels[row] ?? 0),
      classes,
    });
    const named = probe.predict(rowsOf(features, length, judged));
    for (const [at, row] of judged.entries()) predicted[row] = named[at] ?? -1;
    const right = judged.filter((row) => predicted[row] === labels[row]).length;
    results.push({ images: judged.length, right, ridge: probe.ridge });
    onFold?.(fold + 1);
  }
  return { predicted, right: predicted.map((label, row) => label === labels[row]), folds: results };
};
