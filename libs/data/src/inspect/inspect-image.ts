/**
 * Looks at the bytes of one image: limits before decoding, then the digest of bytes and of pixels, a perceptual hash, and
 * what the picture is like. The pixels are what every other part sees.
 */
import { createHash } from 'node:crypto';
import type { Digest } from '@graft/contracts';
import { describePicture, type DescribePicture, type PictureFacts } from './describe-picture.js';
import { decodingBudget, DEFAULT_IMAGE_LIMITS, readImageHeader, type ImageLimits } from './image-header.js';

export { DEFAULT_IMAGE_LIMITS, type ImageLimits } from './image-header.js';

export interface ImageFacts extends PictureFacts {
  readonly sha256: Digest;
  readonly sizeBytes: number;
}

export interface InspectImageOptions {
  readonly limits?: Partial<ImageLimits> | undefined;
  /** Of the bytes, where the caller has it already. */
  readonly sha256?: Digest | undefined;
  /** Who decodes; default: this thread. */
  readonly describe?: DescribePicture | undefined;
}

/**
 * Checks and describes one image. It waits for its turn where many large images are looked at together: what this process
 * decodes at the same time takes at most 400 MiB. An animated WebP or PNG counts as its first frame.
 * @throws AppError `image_unfit` with `details.reason`: `empty_file`, `too_many_bytes`, `unsupported_format`,
 * `not_an_image`, `broken_image` (also one that takes too long), `too_many_pixels`, `too_small`.
 */
export const inspectImage = async (
  bytes: Uint8Array,
  { limits = {}, sha256, describe = describePicture }: InspectImageOptions = {},
): Promise<ImageFacts> => {
  const bounds = { ...DEFAULT_IMAGE_LIMITS, ...limits };
  const { decodingBytes } = await readImageHeader(bytes, bounds);
  const { maxPixels, decodeTimeoutSeconds: timeoutSeconds } = bounds;
  const request = { bytes, maxPixels, timeoutSeconds, decodingBytes };
  const described = await decodingBudget.run(decodingBytes, () => describe(request));
  return {
    sha256: sha256 ?? createHash('sha256').update(bytes).digest('hex'),
    ...described,
    sizeBytes: bytes.byteLength,
  };
};
