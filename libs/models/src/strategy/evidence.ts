/** What was seen of a dataset through a pre-trained network, before anything is trained. */

export interface Evidence {
  /** Training images that were looked at. */
  readonly images: number;
  /**
   * Mean probability of the first guess of the network's own classifier (maximum softmax probability, Hendrycks & Gimpel,
   * arXiv:1610.02136), 0–1: high on what resembles the images that it learned from. Null where the weights come without a
   * classifier of many classes.
   */
  readonly familiarity: number | null;
  /** As `separability` says, 0–1; null where too few labels have two images. */
  readonly separability: number | null;
  /** Through the network up to its cut, on this machine; null: not measured. */
  readonly imagesPerSecond: number | null;
}
