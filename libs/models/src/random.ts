/** Seeded randomness: the same seed gives the same numbers on every machine, unlike anything of TensorFlow's. */

export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  next(): number;
  /** Standard normal. */
  normal(): number;
}

// By name: where a module runs in a context of its own, as under jest, each look at the global `Math` is dear.
const { cos, log, PI, sqrt } = Math;

/** sfc32 (Chris Doty-Humphrey, PractRand), seeded and warmed up as its author does. */
export const createRandom = (seed: number): Random => {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, seed >>> 0, 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 16; round += 1) next();
  // Box–Muller; 1 − u keeps the logarithm's argument above 0.
  const normal = (): number => sqrt(-2 * log(1 - next())) * cos(2 * PI * next());
  return { next, normal };
};

/** 0 … length − 1 in random order (Fisher–Yates). */
export const shuffledIndices = (length: number, random: Random): Int32Array => {
  const indices = Int32Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last -= 1) {
    const other = Math.floor(random.next() * (last + 1));
    const held = indices[last] ?? 0;
    indices[last] = indices[other] ?? 0;
    indices[other] = held;
  }
  return indices;
};
