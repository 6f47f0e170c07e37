/** How well frozen features alone tell labels apart: what a linear head can hope for, without training one. */

export interface LabelledRows {
  /** Row-major [rows, length]. */
  readonly features: Float32Array;
  readonly length: number;
  /** Class of each row, 0 … classes − 1. */
  readonly labels: readonly number[];
  readonly classes: number;
}

const toUnitLength = ({ features, length, labels }: LabelledRows): Float64Array => {
  const unit = new Float64Array(features.length);
  for (let row = 0; row < labels.length; row += 1) {
    let square = 0;
    for (let at = row * length; at < (row + 1) * length; at += 1) square += (features[at] ?? 0) ** 2;
    const norm = Math.sqrt(square) || 1;
    for (let at = row * length; at < (row + 1) * length; at += 1) unit[at] = (features[at] ?? 0) / norm;
  }
  return unit;
};

/**
 * Share of rows that lie nearest to the mean of their own label, each left out of that mean (nearest-class-mean classifier,
 * Mensink et al., TPAMI 2013), beyond what guessing gets: 0 is chance, 1 is all of them. Features of unit length.
 * Null where fewer than two labels have two rows.
 */
export const separability = (rows: LabelledRows): number | null => {
  const { length, labels, classes } = rows;
  const unit = toUnitLength(rows);
  const sums = new Float64Array(classes * length);
  const counts = new Array<number>(classes).fill(0);
  labels.forEach((label, row) => {
    counts[label] = (counts[label] ?? 0) + 1;
    for (let k = 0; k < length; k += 1)
      sums[label * length + k] = (sums[label * length + k] ?? 0) + (unit[row * length + k] ?? 0);
  });
  const usable = counts.filter((count) => count >= 2).length;
  if (usable < 2) return null;

  const squaredDistance = (row: number, label: number): number => {
    const own = labels[row] === label ? 1 : 0;
    const others = (counts[label] ?? 0) - own;
    let square = 0;
    for (let k = 0; k < length; k += 1) {
      const value = unit[row * length + k] ?? 0;
      square += (value - ((sums[label * length + k] ?? 0) - own * value) / others) ** 2;
    }
    return square;
  };
  let [judged, right] = [0, 0];
  for (const [row, label] of labels.entries()) {
    if ((counts[label] ?? 0) < 2) continue;
    let nearest = { label: -1, distance: Infinity };
    for (let other = 0; other < classes; other += 1) {
      if ((counts[other] ?? 0) < 2) continue;
      const distance = squaredDistance(row, other);
      if (distance < nearest.distance) nearest = { label: other, distance };
    }
    judged += 1;
    if (nearest.label === label) right += 1;
  }
  const chance = 1 / usable;
  return Math.max(0, (right / judged - chance) / (1 - chance));
};
