/** `s3:` references to weights, read from any bucket of the installation's own endpoint. */
import type { ObjectStore } from '@graft/artifacts';
import { AppError } from '@graft/contracts';
import type { ObjectReader } from '@graft/models';

/** The largest published backbones are about 2 GB. */
const MAX_BYTES = 4_000_000_000;

/** @throws AppError from `read`: `not_found` where there is no such object, and what the store throws. */
export const weightsInBuckets = (openBucket: (name: string) => Pick<ObjectStore, 'get'>): ObjectReader => ({
  read: async (bucket, key) => {
    const object = await openBucket(bucket).get(key, { maxBytes: MAX_BYTES });
    if (object === null)
      throw new AppError('not_found', `there are no weights s3://${bucket}/${key}`, { details: { bucket, key } });
    return object.bytes;
  },
});
