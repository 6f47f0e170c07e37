/** Looks at images for ingestion: a port, since in a worker the pixels are handled on a thread of their own. */
import type { Digest } from '@graft/contracts';
import { DEFAULT_IMAGE_LIMITS, inspectImage, makeThumbnail, type ImageFacts, type ImageLimits } from '@graft/data';

export interface ImageInspector {
  readonly limits: ImageLimits;
  /**
   * @param sha256 of the bytes
   * @throws AppError `image_unfit` as `inspectImage` of @graft/data
   */
  inspect(bytes: Uint8Array, sha256: Digest): Promise<ImageFacts>;
  /** A small WebP; null where there is nothing to see. */
  thumbnail(bytes: Uint8Array): Promise<Uint8Array | null>;
}

/** On the thread that asks. */
export const createLocalInspector = (changed: Partial<ImageLimits> = {}): ImageInspector => {
  const limits = { ...DEFAULT_IMAGE_LIMITS, ...changed };
  return {
    limits,
    inspect: (bytes, sha256) => inspectImage(bytes, limits, sha256),
    thumbnail: (bytes) => makeThumbnail(bytes, limits),
  };
};
