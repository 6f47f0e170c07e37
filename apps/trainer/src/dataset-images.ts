/** The images of a dataset version, as activities look at them. */
import type { Digest, ManifestImage, Split } from '@graft/contracts';

const ascending = (a: Digest, b: Digest): number => (a < b ? -1 : a > b ? 1 : 0);

/** Each image once, in ascending order of digest. */
export const uniqueDigests = (images: readonly ManifestImage[]): Digest[] =>
  [...new Set(images.map(({ sha256 }) => sha256))].sort(ascending);

/** The images of a split, in ascending order of digest. */
export const imagesOfSplit = (images: readonly ManifestImage[], split: Split): ManifestImage[] =>
  images.filter((image) => image.split === split).sort((a, b) => ascending(a.sha256, b.sha256));
