/** The port through which drift reads features without knowing how they are made or kept. */
import type { Digest } from '../digest.js';

export interface FeatureMatrix {
  /** Row i belongs to digests[i]; row-major float32 [digests.length, length]. */
  readonly digests: readonly Digest[];
  readonly values: Float32Array;
  /** Features in a row. */
  readonly length: number;
}

export interface FeatureSource {
  /**
   * The features of these images, in the order asked.
   * @throws AppError `not_found` naming the first image that has none.
   */
  features(digests: readonly Digest[]): Promise<FeatureMatrix>;
}
