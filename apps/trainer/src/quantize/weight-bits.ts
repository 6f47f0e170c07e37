import type { WeightBits } from '@graft/models';

/** CPU classes whose eight-bit products are summed in 32 bits at once. */
const WITHOUT_SATURATION: ReadonlySet<string> = new Set(['avx512-vnni', 'bf16']);

/** Weights of 7 bits wherever 8 could saturate (@graft/models' WeightBits says how). */
export const weightBitsOf = (cpuClass: string): WeightBits => (WITHOUT_SATURATION.has(cpuClass) ? 8 : 7);
