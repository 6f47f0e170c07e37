/** Images that were given two labels: which is right can't be known, so every one of them is left out and reported. */
import type { LandedImage, ManifestImage, QuarantineEntry } from '@graft/contracts';

export interface LabelConflicts {
  /** Landed images that no other contradicts. */
  readonly sound: LandedImage[];
  /** sha256 of images of the parent version that the new version leaves out. */
  readonly withdrawn: ReadonlySet<string>;
  readonly quarantine: QuarantineEntry[];
}

type Claim = Pick<ManifestImage, 'sha256' | 'pixelSha256' | 'label' | 'key'>;

/**
 * Splits off what contradicts itself: images of the same bytes or the same pixels with different labels, in the landing
 * or between it and the parent. The outcome doesn't depend on the order of arrival.
 */
export const separateLabelConflicts = (
  parent: readonly ManifestImage[],
  landed: readonly LandedImage[],
): LabelConflicts => {
  const pixelsOf = new Map(parent.map(({ sha256, pixelSha256 }) => [sha256, pixelSha256]));
  // The same bytes are the same picture, even where another decoder once gave other pixels.
  const pictureOf = ({ sha256, pixelSha256 }: Claim): string => pixelsOf.get(sha256) ?? pixelSha256;
  const claims = new Map<string, Claim[]>();
  for (const image of landed) {
    const picture = pictureOf(image);
    const claimed = claims.get(picture);
    if (claimed) claimed.push(image);
    else claims.set(picture, [image]);
  }
  const stored = new Map<string, ManifestImage>();
  for (const image of parent) {
    const claimed = claims.get(image.pixelSha256);
    if (!claimed) continue;
    claimed.push(image);
    stored.set(image.pixelSha256, image);
  }
  const contradicted = (claimed: readonly Claim[] | undefined): boolean =>
    new Set(claimed?.map(({ label }) => label)).size > 1;
  const entryOf = (image: Claim, etag: string): QuarantineEntry => {
    const others = (claims.get(pictureOf(image)) ?? []).filter(({ label }) => label !== image.label);
    const named = others
      .map(({ key, label }) => `"${label}" as ${key}`)
      .sort()
      .slice(0, 3)
      .join(', ');
    return {
      key: image.key,
      etag,
      sha256: image.sha256,
      reason: 'label_conflict',
      detail: `labelled "${image.label}", and ${named}: remove the wrong one and land the right one under a new file name`,
    };
  };
  const conflicting = landed.filter((image) => contradicted(claims.get(pictureOf(image))));
  const withdrawn = [...stored.values()].filter(({ pixelSha256 }) => contradicted(claims.get(pixelSha256)));
  return {
    sound: landed.filter((image) => !contradicted(claims.get(pictureOf(image)))),
    withdrawn: new Set(withdrawn.map(({ sha256 }) => sha256)),
    quarantine: [
      ...conflicting.map((image) => entryOf(image, image.etag)),
      // Its etag was not kept; the key says which object it is.
      ...withdrawn.map((image) => entryOf(image, '')),
    ],
  };
};
