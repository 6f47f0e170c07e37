/** Puts the files of an archive into the landing zone, and nothing over what lies there: another landing may have put it. */
import type { ObjectStore } from '@graft/artifacts';
import type { LandingTarget } from '@graft/data';

const MAX_KEY_BYTES = 1024;

/** The key for other bytes than those that lie under `key`: the same for the same bytes. */
export const besideKey = (key: string, md5: string): string => {
  const slash = key.lastIndexOf('/') + 1;
  const folder = key.slice(0, slash);
  const file = key.slice(slash);
  const dot = file.lastIndexOf('.');
  const [stem, extension] = dot > 0 ? [file.slice(0, dot), file.slice(dot)] : [file, ''];
  const beside = `${folder}${stem}~${md5.slice(0, 8)}${extension}`;
  return Buffer.byteLength(beside) <= MAX_KEY_BYTES ? beside : `${folder}${md5}`;
};

/** @param prefix of all keys that will be put */
export const createExpandedTarget = async (landing: ObjectStore, prefix: string): Promise<LandingTarget> => {
  const present = new Map<string, string>();
  for await (const { key, etag } of landing.list(prefix)) present.set(key, etag);
  return {
    put: async ({ key, metadata, bytes, md5 }) => {
      const keys = [key, besideKey(key, md5)];
      if (keys.some((each) => present.get(each) === md5)) return 'unchanged';
      const free = keys.find((each) => !present.has(each)) ?? besideKey(key, md5);
      await landing.put(free, bytes, { metadata });
      return 'uploaded';
    },
  };
};
