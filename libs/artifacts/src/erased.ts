/** Objects that were erased: their bytes are gone with every version that a bucket kept, and a mark says why. */
import { erasedMarkSchema, toCanonicalDocument, type Digest, type ErasedMark } from '@graft/contracts';
import { contentKey } from './content-key.js';
import type { ObjectStore } from './object-store.js';

const MARKS = 'erased/';
const markKey = (digest: Digest): string => `${MARKS}${digest}.json`;

/** Null where it was never erased, or the mark can't be read. */
export const readErasedMark = async (objects: Pick<ObjectStore, 'get'>, digest: Digest): Promise<ErasedMark | null> => {
  const object = await objects.get(markKey(digest));
  if (object === null) return null;
  try {
    return erasedMarkSchema.parse(JSON.parse(new TextDecoder().decode(object.bytes)));
  } catch {
    return null;
  }
};

/** All that was erased: for who works with many objects and can do without some. */
export const listErased = async (objects: Pick<ObjectStore, 'list'>): Promise<ReadonlySet<Digest>> => {
  const erased = new Set<Digest>();
  for await (const { key } of objects.list(MARKS)) erased.add(key.slice(MARKS.length, -'.json'.length));
  return erased;
};

/** The mark first, then the bytes go: what is killed in between is done by calling it again. */
export const eraseObject = async (objects: Pick<ObjectStore, 'put' | 'erase'>, mark: ErasedMark): Promise<void> => {
  const { bytes } = toCanonicalDocument(erasedMarkSchema, mark);
  await objects.put(markKey(mark.digest), bytes, { mediaType: 'application/json' });
  await objects.erase(contentKey(mark.digest));
};
