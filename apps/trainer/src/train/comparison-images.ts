/** The few images on which the exported form is compared with the trained one, and whose outputs replicas check. */
import { digestSchema, type Digest, type ManifestImage } from '@graft/contracts';
import { imagesOfSplit } from '../dataset-images.js';

/** Every replica runs them before it serves a version. */
export const COMPARISON_IMAGES = 8;

/** Images from val and test, spread over the labels, in an order that the version alone decides; fewer where there are fewer. */
export const chooseImages = (images: readonly ManifestImage[], count = COMPARISON_IMAGES): Digest[] => {
  const held = [...imagesOfSplit(images, 'test'), ...imagesOfSplit(images, 'val')];
  const seen = new Map<string, number>();
  const ranked = held.map((image, index) => {
    const round = seen.get(image.label) ?? 0;
    seen.set(image.label, round + 1);
    return { sha256: digestSchema.parse(image.sha256), round, index };
  });
  ranked.sort((a, b) => a.round - b.round || a.index - b.index);
  return [...new Set(ranked.map(({ sha256 }) => sha256))].slice(0, count);
};
