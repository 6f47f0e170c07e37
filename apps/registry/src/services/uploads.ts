/** Uploads to the landing zone by those who hold no key to the object store. */
import type { ObjectStore, UploadSigner } from '@graft/artifacts';
import { AppError, uploadRequestSchema, type SignedUpload, type UploadRequest } from '@graft/contracts';
import { toLandingObject } from '@graft/data/landing-key';
import type { z } from 'zod';
import type { Database } from '../db/database.js';
import { noSuch } from '../rules/not-found.js';

export interface LandingUploads {
  readonly signer: UploadSigner;
  readonly landing: Pick<ObjectStore, 'head'>;
}

type Upload = z.output<typeof uploadRequestSchema>;

/** Keys and metadata by the rules that ingestion reads them by. */
const toObjects = (dataset: string, files: readonly Upload[]) => {
  const keys = new Set<string>();
  return files.map((file, index) => {
    const refuse = (why: string, cause?: unknown): AppError =>
      new AppError('invalid_request', `files[${index}] (${file.label}/${file.file}): ${why}`, {
        details: { index },
        cause,
      });
    try {
      const object = toLandingObject({ dataset, ...file });
      if (keys.has(object.key)) throw refuse('another file of this request has its name');
      keys.add(object.key);
      return { ...object, sizeBytes: file.sizeBytes };
    } catch (thrown) {
      if (thrown instanceof AppError && thrown.code === 'image_unfit') throw refuse(thrown.message, thrown);
      throw thrown;
    }
  });
};

/** @param uploads null where the registry was told of no object store */
export const uploadService = (db: Database, uploads: LandingUploads | null) => ({
  /** @throws AppError `unavailable`, `not_found` (the dataset), `invalid_request` (a file, by its index). */
  requestUploads: async (dataset: string, files: readonly UploadRequest[]): Promise<SignedUpload[]> => {
    if (uploads === null) {
      throw new AppError(
        'unavailable',
        'this registry gives out no upload addresses: it was started without GRAFT_S3_ENDPOINT, GRAFT_S3_ACCESS_KEY and GRAFT_S3_SECRET_KEY',
      );
    }
    if ((await db.datasets.get(dataset)) === null) throw noSuch('dataset', dataset, await db.datasets.names());
    const objects = toObjects(
      dataset,
      files.map((file) => uploadRequestSchema.parse(file)),
    );
    return Promise.all(
      objects.map(async (object) => {
        const [signed, present] = await Promise.all([uploads.signer.signPut(object), uploads.landing.head(object.key)]);
        return {
          key: object.key,
          url: signed.url,
          method: 'PUT' as const,
          headers: { ...signed.headers },
          expiresAt: signed.expiresAt.toISOString(),
          etag: present?.etag ?? null,
        };
      }),
    );
  },
});
