/** Which test images a candidate and its champion can be compared on. */
import { AppError, type ManifestImage } from '@graft/contracts';

export interface ComparableImages {
  readonly images: readonly ManifestImage[];
  /** Test images left out since the champion saw them in training. */
  readonly seenInTraining: number;
  /** Labels of the candidate that the champion doesn't know. */
  readonly newLabels: readonly string[];
}

export interface ComparableImagesOptions {
  readonly test: readonly ManifestImage[];
  /** Every image of the version that the champion learned from. */
  readonly championImages: readonly ManifestImage[];
  readonly labels: readonly string[];
  readonly championLabels: readonly string[];
}

/**
 * Labels keep their index over a model's versions, so the champion's must be the first of the candidate's.
 * @throws AppError `refused` when they are not.
 */
const requireAppendOnly = (labels: readonly string[], championLabels: readonly string[]): void => {
  const at = championLabels.findIndex((label, index) => labels[index] !== label);
  if (at === -1) return;
  throw new AppError(
    'refused',
    `the champion's class ${at} is "${championLabels[at]}", the candidate's is "${labels[at] ?? 'missing'}": labels of a model are append-only; train this dataset under another model name`,
    { details: { index: at } },
  );
};

/**
 * Seen in training means its train split and its val split too, which chose the epoch that was kept; the same pixels in
 * another file count as seen.
 */
export const comparableImages = (options: ComparableImagesOptions): ComparableImages => {
  const { test, championImages, labels, championLabels } = options;
  requireAppendOnly(labels, championLabels);
  const seenFiles = new Set<string>();
  const seenPixels = new Set<string>();
  for (const { split, sha256, pixelSha256 } of championImages) {
    if (split === 'test') continue;
    seenFiles.add(sha256);
    seenPixels.add(pixelSha256);
  }
  const wasSeen = ({ sha256, pixelSha256 }: ManifestImage): boolean =>
    seenFiles.has(sha256) || seenPixels.has(pixelSha256);
  const known = new Set(championLabels);
  return {
    images: test.filter((image) => known.has(image.label) && !wasSeen(image)),
    seenInTraining: test.filter(wasSeen).length,
    newLabels: labels.filter((label) => !known.has(label)),
  };
};
