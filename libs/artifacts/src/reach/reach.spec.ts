import { describe, expect, it } from '@jest/globals';
import { toCanonicalDocument, type Digest } from '@graft/contracts';
import { z } from 'zod';
import { contentKey } from '../content-key.js';
import { createContentStore } from '../content-store.js';
import { createMemoryStore } from '../memory-store.js';
import { checkObjects } from './check-objects.js';
import { linksOfDatasetVersion, type Link } from './links.js';
import { walkLinks } from './walk.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A dataset version with two images in two shards, a quarantine with a thumbnail, and a landing log. */
const createVersion = async () => {
  const objects = createMemoryStore();
  const blobs = createContentStore(objects);
  const put = (value: unknown): Promise<Digest> => blobs.put(toCanonicalDocument(z.unknown(), value).bytes);
  const shards = [];
  for (const name of ['one', 'two']) {
    const sha256 = await blobs.put(bytesOf(name));
    const image = {
      ...{ sha256, pixelSha256: sha256, perceptualHash: '0123456789abcdef', label: 'ant', group: null, split: 'train' },
      ...{ source: 'lab', key: `insects/ant/${name}.jpg`, width: 8, height: 8, sizeBytes: 3 },
    };
    const prefix = sha256.slice(0, 1);
    const digest = await put({ schemaVersion: 'manifest.v1', prefix, images: [image] });
    shards.push({ prefix, digest, images: 1 });
  }
  const id = await put({
    ...{ schemaVersion: 'dataset-version.v1', dataset: 'insects', labels: ['ant'], shards, images: 2 },
    ...{
      bySplit: { train: 2, val: 0, test: 0 },
      byLabel: { ant: { train: 2, val: 0, test: 0 } },
      bySource: { lab: 2 },
    },
  });
  const quarantine = await put({
    ...{ schemaVersion: 'quarantine.v1', dataset: 'insects' },
    entries: [
      {
        ...{ key: 'insects/ant/3.jpg', etag: 'x', sha256: null, reason: 'broken_image', detail: 'cut short' },
        thumbnail: await blobs.put(bytesOf('thumbnail')),
      },
    ],
  });
  const logShard = await put({
    schemaVersion: 'landing-log-shard.v1',
    prefix: '0',
    objects: [{ key: 'a', etag: 'b' }],
  });
  const landingLog = await put({
    ...{ schemaVersion: 'landing-log.v1', dataset: 'insects', objects: 1 },
    shards: [{ prefix: '0', digest: logShard, objects: 1 }],
  });
  return { objects, blobs, version: { id, dataset: 'insects', number: 3, quarantine, landingLog, takenOut: null } };
};

describe('checkObjects', () => {
  it('reads all that a dataset version rests on, each object once', async () => {
    const { blobs, version } = await createVersion();
    const progress: [number, number][] = [];
    const links = linksOfDatasetVersion(version);
    const checked = await checkObjects(blobs, [...links, ...links], (...at) => progress.push(at));
    // Root, two shards, two images, quarantine, thumbnail, log, its shard.
    expect(checked).toMatchObject({ objects: 9, problems: [] });
    expect(checked.bytes).toBeGreaterThan(1000);
    expect(progress.at(-1)).toEqual([9, 9]);
  });

  it('tells what is missing, what was changed, and what is no such document, by what it is', async () => {
    const { objects, blobs, version } = await createVersion();
    const image = [...(await list(objects))];
    for (const key of image) {
      const object = await objects.get(key);
      const text = new TextDecoder().decode(object?.bytes);
      if (text === 'one') await objects.remove(key);
      if (text === 'thumbnail') await objects.put(key, bytesOf('thumbnaim'));
    }
    const other = await blobs.put(bytesOf('{"schemaVersion":"other.v1"}'));
    const { problems } = await checkObjects(blobs, linksOfDatasetVersion({ ...version, landingLog: other }));
    expect(problems.map(({ what, problem }) => [what, problem])).toEqual([
      ['image insects/ant/one.jpg of insects 3', 'missing'],
      ['the landing log of insects 3', 'unreadable'],
      ['the thumbnail of insects/ant/3.jpg in the quarantine of insects 3', 'corrupt'],
    ]);
  });

  it('takes a store that does not answer for no finding', async () => {
    const failing = { get: () => Promise.reject(new Error('connect ECONNREFUSED')) };
    await expect(checkObjects(failing, [{ digest: 'a'.repeat(64), what: 'x' }])).rejects.toThrow('ECONNREFUSED');
  });
});

const list = async (objects: ReturnType<typeof createMemoryStore>): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of objects.list('')) keys.push(key);
  return keys;
};

describe('walkLinks', () => {
  it('follows a document also where something else reached it as plain bytes', async () => {
    const [inner, outer] = ['1'.repeat(64), '2'.repeat(64)];
    const visited: string[] = [];
    const follow = (): Link[] => [{ digest: inner, what: 'inner' }];
    const visits = await walkLinks(
      [
        { digest: outer, what: 'as bytes' },
        { digest: outer, what: 'as document', follow },
      ],
      {
        visit: async ({ digest }) => {
          visited.push(contentKey(digest));
          return new Uint8Array();
        },
        onUnreadable: () => undefined,
      },
    );
    expect([visits, visited]).toEqual([2, [contentKey(outer), contentKey(inner)]]);
  });
});
