import { describe, expect, it } from '@jest/globals';
import { describeErasure, erasureOf, type ErasedMark } from '@graft/contracts';
import { createContentStore } from './content-store.js';
import { eraseObject, listErased, readErasedMark } from './erased.js';
import { createMemoryStore } from './memory-store.js';
import { checkObjects } from './reach/check-objects.js';
import { findReferrers } from './reach/referrers.js';
import type { Link } from './reach/links.js';

const markOf = (digest: string): ErasedMark => ({
  ...{ schemaVersion: 'erased.v1', digest, reason: 'the person asked', by: 'kim', at: '2026-11-26T09:00:00.000Z' },
});
const erase = async () => {
  const objects = createMemoryStore();
  const blobs = createContentStore(objects);
  const digest = await blobs.put(new Uint8Array([1, 2, 3]));
  await eraseObject(objects, markOf(digest));
  return { objects, blobs, digest };
};

describe('an object that was erased', () => {
  it('is told of as erased by whoever looks for it', async () => {
    const { objects, blobs, digest } = await erase();
    expect(await blobs.has(digest)).toBe(false);
    const error = await blobs.get(digest).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'not_found',
      message: `object ${digest} was erased by kim on 2026-11-26: the person asked`,
    });
    expect(describeErasure(erasureOf(error) ?? markOf('x'))).toBe('erased by kim on 2026-11-26: the person asked');
    expect(await readErasedMark(objects, digest)).toEqual(markOf(digest));
    expect([...(await listErased(objects))]).toEqual([digest]);
    const other = await blobs.get('f'.repeat(64)).catch((thrown: unknown) => thrown);
    expect(erasureOf(other)).toBeNull();
  });

  it('is no problem where objects are checked, and is listed', async () => {
    const { blobs, digest } = await erase();
    const checked = await checkObjects(blobs, [{ digest, what: 'a photo' }]);
    expect(checked).toMatchObject({ problems: [], erased: [{ digest, what: 'a photo', by: 'kim' }] });
  });
});

describe('findReferrers', () => {
  it('names what the object is everywhere, and all that leads to it through what they share', async () => {
    const blobs = createContentStore(createMemoryStore());
    const photo = await blobs.put(new Uint8Array([1]));
    const shard = await blobs.put(new Uint8Array([2]));
    const [one, two, three] = [
      await blobs.put(new Uint8Array([3])),
      await blobs.put(new Uint8Array([4])),
      await blobs.put(new Uint8Array([5])),
    ];
    const root = (digest: string, number: number): Link => ({
      ...{ digest, what: `the manifest of insects ${number}` },
      follow: () => [
        {
          digest: shard,
          what: `a shard of ${number}`,
          follow: () => [{ digest: photo, what: `image 1.jpg of ${number}` }],
        },
      ],
    });
    const unrelated: Link = { digest: three, what: 'unrelated', follow: () => [{ digest: 'd'.repeat(64), what: 'x' }] };
    const from = [root(one, 1), root(two, 2), unrelated, { digest: photo, what: 'a thumbnail' }];
    expect(await findReferrers(blobs, { digest: photo, from })).toEqual([
      'a thumbnail',
      'image 1.jpg of 1',
      'the manifest of insects 1',
      'the manifest of insects 2',
    ]);
    expect(await findReferrers(blobs, { digest: 'e'.repeat(64), from })).toEqual([]);
  });
});
