/** What the content store holds, for people who have no key to it: documents, and the images of datasets. */
import { createContentStore, type ObjectStore } from '@graft/artifacts';
import { AppError, type Digest } from '@graft/contracts';
import { makeThumbnail } from '@graft/data/thumbnail';
import { openArtifacts } from './open-artifacts.js';

/** A report with the predictions of 10,000 images has a quarter of this. */
const DOCUMENT_LIMIT_BYTES = 32 * 1024 * 1024;
/** More than ingestion takes in. */
const IMAGE_LIMIT_BYTES = 64 * 1024 * 1024;

const isDocument = (text: string): boolean => {
  if (!text.startsWith('{')) return false;
  try {
    return typeof (JSON.parse(text) as { schemaVersion?: unknown }).schemaVersion === 'string';
  } catch {
    return false;
  }
};

/** @param objects the artifacts bucket; null where the registry was told of no object store */
export const artifactService = (objects: ObjectStore | null) => {
  const read = async (digest: Digest, maxBytes: number): Promise<Uint8Array> =>
    createContentStore(openArtifacts(objects)).get(digest, { maxBytes });

  return {
    /**
     * A document (evaluation.v1, predictions.v1, drift.v1 and the like) as it was written: canonical JSON.
     * @throws AppError `not_found`, also where the digest is of something else; `corrupt`, `too_large`, `unavailable`
     */
    getDocument: async (digest: Digest): Promise<string> => {
      const text = new TextDecoder().decode(await read(digest, DOCUMENT_LIMIT_BYTES));
      if (isDocument(text)) return text;
      throw new AppError('not_found', `object ${digest} is no document`, { details: { digest } });
    },

    /**
     * An image at most `side` pixels wide and high (never enlarged), as WebP without metadata.
     * @throws AppError `not_found`, also where the digest is of something else; `corrupt`, `too_large`, `unavailable`
     */
    getImage: async (digest: Digest, side: number): Promise<Buffer> => {
      const image = await makeThumbnail(await read(digest, IMAGE_LIMIT_BYTES), {}, side);
      if (image !== null) return image;
      throw new AppError('not_found', `object ${digest} is no image that can be shown`, { details: { digest } });
    },
  };
};
