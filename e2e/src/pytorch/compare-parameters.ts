/** How far two sets of parameters are apart, tensor by tensor. */
import type { Parameters } from './train-through-graft.js';

export interface Gap {
  readonly name: string;
  /** ‖a − b‖ / ‖b‖. */
  readonly gap: number;
}

// By name, and by index: under jest each look at the global is dear, and there are tens of millions of numbers.
const { sqrt } = Math;

/** ‖values − other‖. */
const norm = (values: Float32Array, other?: Float32Array): number => {
  let sum = 0;
  for (let at = 0; at < values.length; at += 1) {
    const difference = (values[at] ?? NaN) - (other === undefined ? 0 : (other[at] ?? NaN));
    sum += difference * difference;
  }
  return sqrt(sum);
};

const MEAN = /\.mean$/;
const STATISTIC = /\.(mean|variance)$/;

/** Of all learned parameters together. */
export const totalNorm = (parameters: Parameters): number =>
  sqrt([...parameters].reduce((sum, [name, values]) => sum + (STATISTIC.test(name) ? 0 : norm(values) ** 2), 0));

/** What a tensor's gap is a share of: its norm; of a mean at least the norm of the deviations that it goes with. */
const sizeOf = (parameters: Parameters, name: string, values: Float32Array): number => {
  const variance = MEAN.test(name) ? parameters.get(name.replace(MEAN, '.variance')) : undefined;
  const deviation = variance === undefined ? 0 : sqrt(variance.reduce((sum, each) => sum + each, 0));
  return Math.max(norm(values), deviation);
};

/**
 * The gaps, largest first. A tensor whose norm is below `floor` is compared with that instead: a bias that batch statistics
 * take out again has a gradient of rounding errors alone.
 */
export const gapsBetween = (a: Parameters, b: Parameters, floor = 0): readonly Gap[] =>
  [...b]
    .map(([name, values]) => {
      const other = a.get(name);
      if (other?.length !== values.length) throw new Error(`there is no "${name}" of ${values.length} numbers`);
      const difference = norm(other, values);
      // Nothing of nothing, where neither moved.
      return { name, gap: difference === 0 ? 0 : difference / Math.max(sizeOf(b, name, values), floor) };
    })
    .sort((one, another) => another.gap - one.gap);

/** The learned parameters, less what each started from. */
export const movedFrom = (start: Parameters, end: Parameters): Parameters =>
  new Map(
    [...end]
      .filter(([name]) => !STATISTIC.test(name))
      .map(([name, values]) => {
        const from = start.get(name);
        const moved = Float32Array.from(values);
        for (let at = 0; at < moved.length; at += 1) moved[at] = (values[at] ?? NaN) - (from?.[at] ?? NaN);
        return [name, moved];
      }),
  );
