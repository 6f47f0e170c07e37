/** Objects by bucket and key: for references such as `s3://bucket/key`, to any bucket of one endpoint. */
import { AppError } from '@graft/contracts';
import type { ObjectStore } from './object-store.js';

/** The largest published backbones are about 2 GB. */
const MAX_BYTES = 4_000_000_000;

/** @throws AppError from `read`: `not_found` where there is no such object, and what the store throws. */
export const readFromBuckets = (openBucket: (name: string) => Pick<ObjectStore, 'get'>) => ({
  read: async (bucket: string, key: string): Promise<Uint8Array> => {
    const object = await openBucket(bucket).get(key, { maxBytes: MAX_BYTES });
    if (object === null)
      throw new AppError('not_found', `there is no object s3://${bucket}/${key}`, { details: { bucket, key } });
    return object.bytes;
  },
});
