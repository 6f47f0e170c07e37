/** Accuracy by what pictures are like, whatever they show: a model may do well on the whole and badly on the small or the dark. */
import type { ManifestImage, Prediction, Slice } from '@graft/contracts';
import { argmax, indexLabels } from './outcome.js';
import { wilsonInterval } from './wilson-interval.js';

type Facts = Pick<ManifestImage, 'sha256' | 'width' | 'height' | 'quality'>;

interface Bucket {
  readonly by: Slice['by'];
  readonly name: string;
  readonly holds: (image: Facts) => boolean;
}

/** Fixed, so that slices of two versions are the same ones. Shorter side in pixels; the usual inputs lie between. */
const SIDES = [128, 256, 512, 1024];
/** Mean luma, 0–1. */
const DARK = 0.25;
const BRIGHT = 0.75;

const sideOf = ({ width, height }: Facts): number => Math.min(width, height);

const BUCKETS: readonly Bucket[] = [
  ...[0, ...SIDES].map((from, at): Bucket => {
    const end = SIDES[at] ?? Infinity;
    const name = from === 0 ? `below ${end} px` : end === Infinity ? `${from} px and more` : `${from} to ${end - 1} px`;
    return { by: 'size', name, holds: (image) => sideOf(image) >= from && sideOf(image) < end };
  }),
  {
    ...{ by: 'brightness', name: 'dark' },
    holds: ({ quality }) => quality !== undefined && quality.brightness < DARK,
  },
  {
    ...{ by: 'brightness', name: 'medium' },
    holds: ({ quality }) => quality !== undefined && quality.brightness >= DARK && quality.brightness <= BRIGHT,
  },
  {
    ...{ by: 'brightness', name: 'bright' },
    holds: ({ quality }) => quality !== undefined && quality.brightness > BRIGHT,
  },
];

/**
 * Accuracy (Wilson, 95%) of each slice that has images, in a fixed order. Images whose facts are not known (those of versions from before
 * brightness was measured) are in no slice of that kind.
 * @param labels what the probabilities follow
 */
export const sliceAccuracy = ({
  predictions,
  images,
  labels,
}: {
  predictions: readonly Prediction[];
  images: readonly Facts[];
  labels: readonly string[];
}): Slice[] => {
  const facts = new Map(images.map((image) => [image.sha256, image]));
  const labelIndex = indexLabels(labels);
  return BUCKETS.flatMap(({ by, name, holds }) => {
    const members = predictions.filter(({ sha256 }) => {
      const image = facts.get(sha256);
      return image !== undefined && holds(image);
    });
    if (members.length === 0) return [];
    const right = members.filter(({ label, probabilities }) => argmax(probabilities) === labelIndex.get(label));
    return [{ by, name, accuracy: wilsonInterval({ successes: right.length, n: members.length }) }];
  });
};

/** Slices that are worse than the whole beyond chance: their interval lies below the accuracy of all. */
export const worseSlices = (slices: readonly Slice[], all: { readonly value: number }): Slice[] =>
  slices.filter(({ accuracy }) => accuracy.upper < all.value);
