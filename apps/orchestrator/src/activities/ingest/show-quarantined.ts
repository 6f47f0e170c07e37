/** Thumbnails of what the joining left out: inspection has made those of what it left out itself. */
import type { BlobStore, QuarantineEntry } from '@graft/contracts';
import { makeThumbnail, THUMBNAIL_MEDIA_TYPE, type ImageLimits } from '@graft/data';
import pLimit from 'p-limit';

/** A person looks at some; the thousandth of a kind says no more. */
const MOST = 200;
const CONCURRENCY = 4;

/** The entries, of which the first 200 that have none have a thumbnail. Their bytes are in the content store. */
export const withThumbnails = async (
  blobs: BlobStore,
  entries: readonly QuarantineEntry[],
  limits?: Partial<ImageLimits>,
): Promise<QuarantineEntry[]> => {
  const limit = pLimit(CONCURRENCY);
  const bare = new Set(
    entries.filter(({ thumbnail, image }) => thumbnail === undefined && image !== undefined).slice(0, MOST),
  );
  return Promise.all(
    entries.map((entry) =>
      entry.image === undefined || !bare.has(entry)
        ? entry
        : limit(async ({ sha256 }) => {
            const picture = await makeThumbnail(await blobs.get(sha256), limits);
            if (picture === null) return entry;
            return { ...entry, thumbnail: await blobs.put(picture, { mediaType: THUMBNAIL_MEDIA_TYPE }) };
          }, entry.image),
    ),
  );
};
