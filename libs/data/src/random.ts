/** Seeded randomness, the same on every machine. Source of the generator: T. Ettinger, "mulberry32" (public domain). */

/** Draws from [0, 1). */
export type Random = () => number;

export const createRandom = (seed: number): Random => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Puts an array in random order, in place (Fisher–Yates). */
export const shuffle = <T extends { length: number; [index: number]: unknown }>(values: T, random: Random): T => {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const kept = values[i];
    values[i] = values[j];
    values[j] = kept;
  }
  return values;
};

/** At most `size` of the values, drawn without replacement; all of them, in their order, where there are no more. */
export const sample = <T>(values: readonly T[], size: number, random: Random): T[] =>
  values.length <= size ? [...values] : shuffle([...values], random).slice(0, size);
