/**
 * The pictures that a joining looks among: those that the version holds, and those that it held once and whose split still
 * counts (taken out by a correction, or withdrawn for a conflict). What a picture or a group was first seen in, it stays in.
 */
import type { ManifestImage, Split } from '@graft/contracts';
import { createNearDuplicateIndex, type NearDuplicateIndex, type Picture } from '../duplicates/near-duplicates.js';
import { groupKeyOf } from '../splits/splits.js';

/** A group that an image was given for being nearly another: it is no representative itself. */
export const isBorrowed = ({ group, pixelSha256 }: Pick<ManifestImage, 'group' | 'pixelSha256'>): boolean =>
  group !== null && group !== pixelSha256 && /^[0-9a-f]{64}$/.test(group);

/** A held image that stands for its group. */
export interface Representative extends ManifestImage {
  readonly groupKey: string;
}

const toRepresentative = (image: ManifestImage): Representative => ({ ...image, groupKey: groupKeyOf(image) });

type Identity = Pick<ManifestImage, 'sha256' | 'pixelSha256'>;

export interface HeldPictures {
  /** By sha256. */
  readonly images: ReadonlyMap<string, ManifestImage>;
  /** Adds an image. One that was joined to another's group by nearness stands for no one: no chains. */
  keep(image: ManifestImage, stands: 'represents' | 'joined'): void;
  /** The image that is held and has the same bytes or the same pixels. */
  same(picture: Identity): ManifestImage | undefined;
  /** The split that a picture with these bytes or pixels had, of those that are held no more. */
  splitOnceHad(picture: Identity): Split | undefined;
  /** The split of a group: of images that are held, else of those that are held no more. */
  splitOfGroup(groupKey: string): Split | undefined;
  /** Whether images of a group were held that are held no more. */
  wasGroup(groupKey: string): boolean;
  /** Representatives that a picture nearly equals and isn't, nearest first. */
  near(picture: Picture): Representative[];
  isHeld(picture: Pick<ManifestImage, 'pixelSha256'>): boolean;
}

export const createHeldPictures = (
  present: Iterable<ManifestImage>,
  remembered: readonly ManifestImage[],
): HeldPictures => {
  const images = new Map<string, ManifestImage>();
  const byPixels = new Map<string, ManifestImage>();
  const splits = new Map<string, Split>();
  const splitsOnce = new Map<string, Split>();
  const splitOfPicture = new Map<string, Split>();
  // Built at the first search: a landing whose images all name their group has none.
  let index: NearDuplicateIndex<ManifestImage> | null = null;
  const note = (image: ManifestImage): void => {
    if (!isBorrowed(image)) index?.add(image);
  };
  const hold = (image: ManifestImage): void => {
    images.set(image.sha256, image);
    byPixels.set(image.pixelSha256, image);
    splits.set(groupKeyOf(image), image.split);
  };
  for (const image of present) hold(image);
  for (const image of remembered) {
    splitsOnce.set(groupKeyOf(image), image.split);
    splitOfPicture.set(image.sha256, image.split).set(image.pixelSha256, image.split);
  }
  return {
    images,
    keep: (image, stands) => {
      hold(image);
      if (stands === 'represents') note(image);
    },
    same: ({ sha256, pixelSha256 }) => images.get(sha256) ?? byPixels.get(pixelSha256),
    splitOnceHad: ({ sha256, pixelSha256 }) => splitOfPicture.get(sha256) ?? splitOfPicture.get(pixelSha256),
    splitOfGroup: (groupKey) => splits.get(groupKey) ?? splitsOnce.get(groupKey),
    wasGroup: (groupKey) => splitsOnce.has(groupKey),
    near: (picture) => {
      if (!index) {
        index = createNearDuplicateIndex();
        for (const image of remembered) note(image);
        for (const image of images.values()) note(image);
      }
      return index
        .find(picture)
        .filter(({ pixelSha256 }) => pixelSha256 !== picture.pixelSha256)
        .map(toRepresentative);
    },
    isHeld: ({ pixelSha256 }) => byPixels.has(pixelSha256),
  };
};
