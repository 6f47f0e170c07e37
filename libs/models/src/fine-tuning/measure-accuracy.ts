/** Loss and accuracy of logits, in float64 on the host. */

const { exp, log } = Math;

/** Sums over rows. */
export interface Tally {
  /** Cross-entropy without smoothing. */
  readonly loss: number;
  readonly right: number;
}

/** @param logits row-major [labels.length, classes]. */
export const tally = (logits: Float32Array, labels: readonly number[]): Tally => {
  const classes = logits.length / labels.length;
  let [loss, right] = [0, 0];
  labels.forEach((label, row) => {
    const own = logits.subarray(row * classes, (row + 1) * classes);
    let [largest, guess] = [-Infinity, 0];
    own.forEach((value, at) => {
      if (value <= largest) return;
      [largest, guess] = [value, at];
    });
    let sum = 0;
    own.forEach((value) => (sum += exp(value - largest)));
    loss += largest + log(sum) - (own[label] ?? NaN);
    if (guess === label) right += 1;
  });
  return { loss, right };
};
