/**
 * Drift: how far the new training images lie from those that the champion learned from, in features, in labels and in what
 * the pictures are like.
 * It is a finding for the reviewer, and stops nothing.
 */
import {
  namesAtIndex,
  type DatasetRoot,
  type Digest,
  type Drift,
  type FeatureSource,
  type ManifestImage,
} from '@graft/contracts';
import { twoSampleChiSquare } from './chi-square.js';
import { compareQuality } from './compare-quality.js';
import { mmdTest, squaredDistances } from './mmd.js';
import { createRandom, sample } from '../random.js';

/** Below so many images a side nothing is told. */
const MIN_IMAGES = 10;

export interface DriftOptions {
  /** Significance level of each comparison; default 0.05. */
  readonly alpha?: number;
  /** Default 499, so that the smallest p-value is 0.002. */
  readonly permutations?: number;
  /** Images a side that features are compared on, drawn at random where there are more; default 400. */
  readonly maxImages?: number;
  /** How many of the farthest new images are listed; default 12. */
  readonly farthest?: number;
}

interface Version {
  readonly id: Digest;
  /** What its labels are, for those that were renamed between the two; without it a label is what it is called. */
  readonly root?: Pick<DatasetRoot, 'dataset' | 'labels' | 'renamed'>;
  readonly images: readonly ManifestImage[];
}

/** Under the names that labels have now: one that was renamed, or merged into another, is the same label. */
const underPresentNames = (
  images: readonly ManifestImage[],
  reference: Version['root'],
  current: Version['root'],
): readonly ManifestImage[] => {
  if (reference === undefined || current === undefined || reference.dataset !== current.dataset) return images;
  const nameOf = namesAtIndex(reference.labels, current.labels);
  const merged = new Map(Object.entries(current.renamed ?? {}));
  return images.map((image) => {
    const name = nameOf(image.label);
    const label = merged.get(name) ?? name;
    return label === image.label ? image : { ...image, label };
  });
};

const trainOf = (images: readonly ManifestImage[]): ManifestImage[] => images.filter(({ split }) => split === 'train');

const compareLabels = (
  reference: readonly ManifestImage[],
  added: readonly ManifestImage[],
  alpha: number,
): Drift['labels'] => {
  if (reference.length < MIN_IMAGES || added.length < MIN_IMAGES) return null;
  const labels = [...new Set([...reference, ...added].map(({ label }) => label))];
  const countBy = (images: readonly ManifestImage[]): number[] => {
    const counts = new Map<string, number>();
    for (const { label } of images) counts.set(label, (counts.get(label) ?? 0) + 1);
    return labels.map((label) => counts.get(label) ?? 0);
  };
  const test = twoSampleChiSquare(countBy(reference), countBy(added));
  return { ...test, detected: test.p < alpha };
};

/**
 * What manifests alone tell: labels and quality of the training images that `current` has and `reference` has not, against the
 * training images of `reference`. Null for each where a side has fewer than 10 images.
 * @returns what was found, and the images of both sides
 */
export const measureManifestDrift = ({
  reference,
  current,
  alpha = 0.05,
}: {
  reference: Version;
  current: Version;
  alpha?: number;
}): { drift: Omit<Drift, 'features' | 'farthest'>; old: ManifestImage[]; added: ManifestImage[] } => {
  const known = new Set(reference.images.map(({ sha256 }) => sha256));
  const old = [...underPresentNames(trainOf(reference.images), reference.root, current.root)];
  const added = trainOf(current.images).filter(({ sha256 }) => !known.has(sha256));
  const drift = {
    schemaVersion: 'drift.v1' as const,
    reference: reference.id,
    current: current.id,
    referenceImages: old.length,
    newImages: added.length,
    labels: compareLabels(old, added, alpha),
    quality: compareQuality({ reference: old, added, alpha, minImages: MIN_IMAGES }),
  };
  return { drift, old, added };
};

/**
 * Compares the training images that `current` has and `reference` has not with the training images of `reference`. A side
 * with fewer than 10 images gives null for features, labels and quality. `farthest` lists new images by their distance to the
 * nearest reference image in feature space, of those drawn.
 * @param seed the same seed draws and permutes the same way
 * @throws AppError whatever the feature source throws
 */
export const measureDrift = async ({
  reference,
  current,
  features,
  seed,
  alpha = 0.05,
  permutations = 499,
  maxImages = 400,
  farthest = 12,
}: {
  reference: Version;
  current: Version;
  features: FeatureSource;
  seed: number;
} & DriftOptions): Promise<Drift> => {
  const { drift: base, old, added } = measureManifestDrift({ reference, current, alpha });
  if (old.length < MIN_IMAGES || added.length < MIN_IMAGES) return { ...base, features: null, farthest: [] };

  const random = createRandom(seed);
  const first = sample(old, maxImages, random);
  const second = sample(added, maxImages, random);
  const { values, length } = await features.features([...first, ...second].map(({ sha256 }) => sha256));
  const [m, rows] = [first.length, first.length + second.length];
  const distances = squaredDistances({ values, rows, length });
  const { statistic, p } = mmdTest({ distances, rows, m, permutations, random });
  const nearest = second.map(({ sha256 }, index) => {
    const row = (m + index) * rows;
    return { sha256, distance: Math.sqrt(distances.subarray(row, row + m).reduce((a, b) => Math.min(a, b), Infinity)) };
  });
  return {
    ...base,
    features: { statistic, p, permutations, alpha, detected: p < alpha },
    farthest: nearest.sort((a, b) => b.distance - a.distance || (a.sha256 < b.sha256 ? -1 : 1)).slice(0, farthest),
  };
};
