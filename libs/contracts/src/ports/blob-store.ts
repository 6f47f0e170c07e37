/** The port through which domain code keeps bytes by their digest. Adapters are in @graft/artifacts. */
import type { Digest } from '../digest.js';

export interface BlobStore {
  /** Keeps the bytes; the same bytes twice is one object. Returns their sha256. */
  put(bytes: Uint8Array, options?: { mediaType?: string }): Promise<Digest>;
  /**
   * The bytes under a digest, verified.
   * @throws AppError `not_found` when there are none, `corrupt` when what is there has another digest, `too_large` beyond `maxBytes`
   * (no more than that is read).
   */
  get(digest: Digest, options?: { maxBytes?: number }): Promise<Uint8Array>;
  /** Whether an object is there (its bytes are not verified). */
  has(digest: Digest): Promise<boolean>;
}
