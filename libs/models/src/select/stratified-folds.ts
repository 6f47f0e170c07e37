/** Folds of a cross-validation: every label spread evenly, and what belongs together never apart. */
import { AppError } from '@graft/contracts';
import { createRandom, shuffledIndices } from '../random.js';

export interface FoldRequest {
  /** Class of each row, 0 … classes − 1. */
  readonly labels: readonly number[];
  /** Rows of one group share a fold, as images of one thing do; null: a row by itself. */
  readonly groups: readonly (string | null)[];
  readonly folds: number;
  readonly seed: number;
}

interface Group {
  readonly rows: number[];
}

/**
 * The fold of each row, 0 … folds − 1. Groups go, the largest first and else in an order drawn by the seed, to the fold that has
 * the fewest rows of their labels, of several the one with the fewest rows in all (the greedy rule of scikit-learn's
 * StratifiedGroupKFold). The same rows in the same order and the same seed give the same folds.
 * @throws AppError `dataset_unfit` where there are fewer groups than folds.
 */
export const stratifiedFolds = ({ labels, groups, folds, seed }: FoldRequest): number[] => {
  const byName = new Map<string, Group>();
  const all: Group[] = [];
  for (const row of labels.keys()) {
    const name = groups[row] ?? null;
    const present = name === null ? undefined : byName.get(name);
    if (present) {
      present.rows.push(row);
      continue;
    }
    const group = { rows: [row] };
    all.push(group);
    if (name !== null) byName.set(name, group);
  }
  if (all.length < folds) {
    throw new AppError(
      'dataset_unfit',
      `${folds} folds need ${folds} groups of images that may be parted, got ${all.length} in ${labels.length} images: land more`,
    );
  }
  const drawn = [...shuffledIndices(all.length, createRandom(seed))]
    .flatMap((at) => all.slice(at, at + 1))
    .sort((a, b) => b.rows.length - a.rows.length);

  const ofLabel = Array.from({ length: folds }, () => new Map<number, number>());
  const inAll = new Array<number>(folds).fill(0);
  const foldOf = new Array<number>(labels.length).fill(0);
  for (const { rows } of drawn) {
    let best = { fold: 0, same: Infinity, rows: Infinity };
    for (let fold = 0; fold < folds; fold += 1) {
      const same = rows.reduce((sum, row) => sum + (ofLabel[fold]?.get(labels[row] ?? -1) ?? 0), 0);
      const held = inAll[fold] ?? 0;
      if (same < best.same || (same === best.same && held < best.rows)) best = { fold, same, rows: held };
    }
    for (const row of rows) {
      const label = labels[row] ?? -1;
      foldOf[row] = best.fold;
      ofLabel[best.fold]?.set(label, (ofLabel[best.fold]?.get(label) ?? 0) + 1);
    }
    inAll[best.fold] = (inAll[best.fold] ?? 0) + rows.length;
  }
  return foldOf;
};
