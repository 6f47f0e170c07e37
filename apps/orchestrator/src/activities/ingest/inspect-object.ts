/** Looks at one landed object: where it lies, what it is, and whether its image can be taken. */
import { createHash } from 'node:crypto';
import type { ObjectStore, StoredObject } from '@graft/artifacts';
import {
  AppError,
  type BlobStore,
  type Digest,
  type InspectedObject,
  type LandingObject,
  type QuarantineReason,
} from '@graft/contracts';
import {
  DEFAULT_IMAGE_LIMITS,
  inspectImage,
  makeThumbnail,
  parseLandingKey,
  parseLandingObject,
  THUMBNAIL_MEDIA_TYPE,
  toQuarantineEntry,
  type DescribePicture,
  type ImageLimits,
} from '@graft/data';

export interface InspectOptions {
  readonly landing: ObjectStore;
  readonly blobs: BlobStore;
  readonly imageLimits?: Partial<ImageLimits>;
  /** Who decodes pictures; default: this thread. */
  readonly describe?: DescribePicture;
}

const MEDIA_TYPE = 'application/octet-stream';

const unfit = (reason: QuarantineReason, detail: string): AppError =>
  new AppError('image_unfit', detail, { details: { reason } });

const tooManyBytes = (sizeBytes: number, maxBytes: number): AppError =>
  unfit('too_many_bytes', `it has ${sizeBytes} bytes, at most ${maxBytes} are taken`);

/** What the bytes are is looked up only once key and size are known to be fit: nothing too large is read. */
const readFit = async (
  { key, sizeBytes, place }: LandingObject,
  { landing, imageLimits }: InspectOptions,
): Promise<StoredObject | null> => {
  const maxBytes = imageLimits?.maxBytes ?? DEFAULT_IMAGE_LIMITS.maxBytes;
  if (place === undefined) parseLandingKey(key);
  if (sizeBytes > maxBytes) throw tooManyBytes(sizeBytes, maxBytes);
  try {
    return await landing.get(key, { maxBytes });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    // Replaced by a larger one since the listing.
    if (error.code === 'too_large') throw tooManyBytes(sizeBytes, maxBytes);
    // A key that this store lists and can't be asked for.
    if (error.code === 'invalid_request') throw unfit('unexpected_key', error.message);
    throw error;
  }
};

/** A small picture of what is left out, for the person who decides about it; none of what can't be shown. */
const keepThumbnail = async (
  bytes: Uint8Array | null,
  { blobs, imageLimits }: InspectOptions,
): Promise<{ thumbnail?: Digest }> => {
  const thumbnail = bytes === null ? null : await makeThumbnail(bytes, imageLimits);
  return thumbnail === null ? {} : { thumbnail: await blobs.put(thumbnail, { mediaType: THUMBNAIL_MEDIA_TYPE }) };
};

/**
 * Keeps the bytes of a sound image in the content store, and of one that is left out a thumbnail. Null when the object is
 * gone. An object that was replaced since the listing is judged, and logged, as what it is now.
 */
export const inspectObject = async (
  object: LandingObject,
  options: InspectOptions,
): Promise<InspectedObject | null> => {
  let subject: { key: string; etag: string; sha256?: string } = object;
  let looked: Uint8Array | null = null;
  try {
    if (object.settled?.outcome === 'read') return { outcome: 'read', key: object.key, etag: object.etag };
    if (object.settled?.outcome === 'unfit') throw unfit(object.settled.reason, object.settled.detail);
    const stored = await readFit(object, options);
    if (stored === null) return null;
    const { key, etag, bytes, metadata } = stored;
    looked = bytes;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    subject = { key, etag, sha256 };
    const { label, split, group, source } = object.place ?? parseLandingObject({ key, metadata });
    const facts = await inspectImage(bytes, { limits: options.imageLimits, sha256, describe: options.describe });
    await options.blobs.put(bytes, { mediaType: MEDIA_TYPE });
    return { outcome: 'image', image: { ...facts, label, split, group, source, key, etag } };
  } catch (error) {
    const entry = toQuarantineEntry(subject, error);
    if (entry === null) throw error;
    return { outcome: 'quarantined', entry: { ...entry, ...(await keepThumbnail(looked, options)) } };
  }
};
