import type { ObjectStore } from '@graft/artifacts';
import { AppError } from '@graft/contracts';

/** @throws AppError `unavailable` where the registry was told of no object store */
export const openArtifacts = (objects: ObjectStore | null): ObjectStore => {
  if (objects !== null) return objects;
  throw new AppError('unavailable', 'this registry was told of no object store: set GRAFT_S3_ENDPOINT for it');
};
