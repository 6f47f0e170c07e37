/** Variants: the forms of one trained model that can be served, each an artifact of its own. */
import { z } from 'zod';

/**
 * `fp32`: as it was trained. `int8`: quantized to eight bits. `pruned60`: less channels, so that about 60% of the
 * multiply-accumulates remain, and trained again. `pruned60-int8`: both.
 */
export const variantNameSchema = z.stringFormat('variant', /^(fp32|int8|pruned[1-9]\d(-int8)?)$/, {
  error: ({ input }) =>
    `expected a variant (fp32, int8, pruned10 to pruned99, or such a one with -int8), got ${JSON.stringify(input)}`,
});
export type VariantName = z.infer<typeof variantNameSchema>;

/** What a variant's name says. */
export interface Variant {
  readonly precision: 'fp32' | 'int8';
  /** Share of the multiply-accumulates that remain; null: nothing was pruned. */
  readonly macsShare: number | null;
}

/** @param name as `variantNameSchema` lets it through. */
export const parseVariant = (name: VariantName): Variant => ({
  precision: name.endsWith('int8') ? 'int8' : 'fp32',
  macsShare: name.startsWith('pruned') ? Number(name.slice('pruned'.length, 'pruned'.length + 2)) / 100 : null,
});

/** The name of the form in float32 that a variant in eight bits is quantized from. */
export const unquantized = (name: VariantName): VariantName => (name === 'int8' ? 'fp32' : name.replace(/-int8$/, ''));
