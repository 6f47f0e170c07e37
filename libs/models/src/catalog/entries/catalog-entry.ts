import type { Backbone } from '../backbone.js';

/** What a person writes down about pre-trained weights; everything else of a Backbone follows from the architecture. */
export type CatalogEntry = Pick<
  Backbone,
  'architecture' | 'tag' | 'classes' | 'weights' | 'weightsDigest' | 'licence' | 'origin' | 'top1'
> & {
  readonly preprocessing: Omit<Backbone['preprocessing'], 'schemaVersion' | 'inputSize'>;
  /** Pixels, where the weights were trained for another size than the architecture was published for. */
  readonly inputSize?: number;
};
