/** A bucket that keeps versions, as an administrator may have set it: for specs that erase. */
import { Client } from 'minio';
import { toClientOptions, type MinioOptions } from '../minio-connection.js';

export interface VersionedBucket {
  /** From now on what is replaced or removed stays as a version. */
  keepVersions(): Promise<void>;
  /** How many versions there are of an object, marks of removals among them. */
  countVersions(key: string): Promise<number>;
}

export const createVersionedBucket = (options: MinioOptions): VersionedBucket => {
  const { bucket } = options;
  const client = new Client(toClientOptions(options).client);
  return {
    keepVersions: () => client.setBucketVersioning(bucket, { Status: 'Enabled' }),
    countVersions: async (key) => {
      let count = 0;
      const listed = client.listObjects(bucket, key, true, { IncludeVersion: true });
      for await (const item of listed as AsyncIterable<{ name?: string }>) if (item.name === key) count += 1;
      return count;
    },
  };
};
