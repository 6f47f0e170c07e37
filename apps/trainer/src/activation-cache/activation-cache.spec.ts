import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createMemoryStore, type ObjectStore } from '@graft/artifacts';
import { digestOfText, type Digest, type FeatureMatrix } from '@graft/contracts';
import { createLogger } from '@graft/platform';
import { createActivationCache, type ActivationCache } from './activation-cache.js';
import { toFloats, type Storage } from './shard.js';
import { createShardFiles, type ShardFiles } from './shard-files.js';

const LENGTH = 4;
const KEY = digestOfText('key');
const logger = createLogger({ service: 'test', level: 'silent' });

const images = (count: number, name = 'image'): Digest[] =>
  Array.from({ length: count }, (_, index) => digestOfText(`${name}-${index}`));

const activations = (digests: readonly Digest[], first = 0): FeatureMatrix => ({
  digests,
  values: Float32Array.from({ length: digests.length * LENGTH }, (_, index) => first + index / 8),
  length: LENGTH,
});

const open = (objects: ObjectStore, files?: ShardFiles, storage: Storage = 'float32'): ActivationCache =>
  createActivationCache({ objects, key: KEY, length: LENGTH, storage, logger, ...(files ? { files } : {}) });

const shardKeys = async (objects: ObjectStore): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of objects.list(`activations/${KEY}/`)) keys.push(key);
  return keys;
};

describe('the activation cache', () => {
  const folders: string[] = [];
  afterEach(async () => {
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
  });

  it('gives rows in the order asked, over shards that other workers wrote', async () => {
    const objects = createMemoryStore();
    const [a, b, c, d] = images(4) as [Digest, Digest, Digest, Digest];
    await open(objects).put(activations([a, b]));
    await open(objects).put(activations([c, d], 100));
    const { values, digests } = await open(objects).features([d, a, c]);
    expect(digests).toEqual([d, a, c]);
    expect([...values]).toEqual([
      100.5, 100.625, 100.75, 100.875, 0, 0.125, 0.25, 0.375, 100, 100.125, 100.25, 100.375,
    ]);
  });

  it('says which images are missing, and sees what was added since', async () => {
    const objects = createMemoryStore();
    const cache = open(objects);
    const [a, b] = images(2) as [Digest, Digest];
    expect(await cache.missing([b, a])).toEqual([b, a]);
    await open(objects).put(activations([a]));
    expect(await cache.missing([b, a])).toEqual([b]);
    await expect(cache.features([a, b])).rejects.toMatchObject({ code: 'not_found', details: { sha256: b } });
  });

  it('writes the same rows to the same object', async () => {
    const objects = createMemoryStore();
    const first = await open(objects).put(activations(images(3)));
    expect(await open(objects).put(activations(images(3)))).toBe(first);
    expect(await shardKeys(objects)).toEqual([`activations/${KEY}/${first}.safetensors`]);
  });

  it('ignores a shard whose bytes are not what its name says, and reads it again once it is mended', async () => {
    const objects = createMemoryStore();
    const [a, b] = images(2) as [Digest, Digest];
    await open(objects).put(activations([a]));
    await open(objects).put(activations([b], 9));
    const [damaged] = await shardKeys(objects);
    const whole = await objects.get(damaged ?? '');
    const bytes = Uint8Array.from(whole?.bytes ?? []);
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    await objects.put(damaged ?? '', bytes);

    const cache = open(objects);
    const missing = await cache.missing([a, b]);
    expect(missing).toHaveLength(1);
    await objects.put(damaged ?? '', whole?.bytes ?? new Uint8Array());
    expect(await cache.missing([a, b])).toEqual([]);
  });

  it('notices a shard that was lost after it was indexed', async () => {
    const objects = createMemoryStore();
    const cache = open(objects);
    const [a] = images(1) as [Digest];
    await cache.put(activations([a]));
    for (const key of await shardKeys(objects)) await objects.remove(key);
    await expect(cache.features([a])).rejects.toMatchObject({ code: 'not_found' });
    expect(await cache.missing([a])).toEqual([a]);
  });

  it('takes a row from another shard when the first one is lost', async () => {
    const objects = createMemoryStore();
    const cache = open(objects);
    const [a, b] = images(2) as [Digest, Digest];
    await cache.put(activations([a]));
    await cache.put(activations([b, a]));
    const [first] = await shardKeys(objects);
    await objects.remove(first ?? '');
    expect((await cache.features([a])).values).toHaveLength(LENGTH);
  });

  it('reads a shard from the local copy, and from the store when the copy is damaged', async () => {
    const objects = createMemoryStore();
    const folder = await mkdtemp(join(tmpdir(), 'graft-shards-'));
    folders.push(folder);
    const files = createShardFiles(folder);
    const [a] = images(1) as [Digest];
    const shard = await open(objects, files).put(activations([a]));
    expect(await readdir(folder)).toEqual([`${shard}.safetensors`]);
    await writeFile(join(folder, `${shard}.safetensors`), 'not a shard');
    expect([...(await open(objects, files).features([a])).values]).toEqual([0, 0.125, 0.25, 0.375]);
    expect(await files.read(shard)).not.toBeNull();
  });

  it('keeps no local copy of a shard that was removed of the store', async () => {
    const objects = createMemoryStore();
    const folder = await mkdtemp(join(tmpdir(), 'graft-shards-'));
    folders.push(folder);
    const cache = open(objects, createShardFiles(folder));
    const [a, b] = images(2) as [Digest, Digest];
    const gone = await cache.put(activations([a]));
    const stays = await cache.put(activations([b]));
    const key = (await shardKeys(objects)).find((one) => one.includes(gone));
    await objects.remove(key ?? '');
    expect(await cache.missing([a, b])).toEqual([a]);
    expect(await readdir(folder)).toEqual([`${stays}.safetensors`]);
  });

  it('keeps maps as float16: half the bytes, each number off by less than a part in 2,048', async () => {
    const objects = createMemoryStore();
    const digests = images(3);
    const values = Float32Array.from({ length: 3 * LENGTH }, (_, index) => Math.sin(index) * 2 ** (index - 4));
    await open(objects, undefined, 'float16').put({ digests, values, length: LENGTH });
    const found = await open(objects, undefined, 'float16').features(digests);
    found.values.forEach((value, index) => {
      const exact = values[index] ?? NaN;
      expect(Math.abs(value - exact)).toBeLessThanOrEqual(Math.abs(exact) / 2048);
    });
    expect([...found.values]).not.toEqual([...values]);
  });

  it('refuses an activation that float16 cannot hold, and names the image', async () => {
    const objects = createMemoryStore();
    const [a, b] = images(2) as [Digest, Digest];
    const values = Float32Array.from([1, 2, 3, 4, 5, 6, 7e4, 8]);
    await expect(
      open(objects, undefined, 'float16').put({ digests: [a, b], values, length: LENGTH }),
    ).rejects.toMatchObject({ code: 'refused', details: { image: b } });
    expect(await shardKeys(objects)).toEqual([]);
  });

  it('takes a shard of the other storage for none', async () => {
    const objects = createMemoryStore();
    await open(objects).put(activations(images(1)));
    expect(await open(objects, undefined, 'float16').missing(images(1))).toEqual(images(1));
  });

  it('hands over rows as they are kept, each shard read once, each place once', async () => {
    const objects = createMemoryStore();
    const digests = images(6);
    for (let at = 0; at < 6; at += 2)
      await open(objects, undefined, 'float16').put(activations(digests.slice(at, at + 2), at));
    const reads: string[] = [];
    const counted: ObjectStore = { ...objects, get: (key) => (reads.push(key), objects.get(key)) };
    const cache = open(counted, undefined, 'float16');
    expect(await cache.missing(digests)).toEqual([]);
    reads.length = 0;
    const asked = [5, 0, 3, 3, 1, 2, 4].map((at) => digests[at] ?? '');
    const rows = new Map<number, number[]>();
    await cache.readRows(asked, async (index, row) => {
      expect(row).toBeInstanceOf(Uint16Array);
      expect(rows.has(index)).toBe(false);
      await Promise.resolve();
      rows.set(index, [...toFloats(row)]);
    });
    expect(reads).toHaveLength(3);
    expect(new Set(reads).size).toBe(3);
    const { values } = await cache.features(asked);
    expect(asked.flatMap((_, index) => rows.get(index) ?? [])).toEqual([...values]);
  });

  it('goes on with rows of another shard when one is lost while they are read', async () => {
    const objects = createMemoryStore();
    const digests = images(4);
    const cache = open(objects);
    await cache.put(activations(digests.slice(0, 2)));
    await cache.put(activations(digests.slice(2)));
    // The same rows in other shards.
    await cache.put(activations(digests));
    const [first] = await shardKeys(objects);
    await objects.remove(first ?? '');
    const seen: number[] = [];
    await cache.readRows(digests, (index) => void seen.push(index));
    expect(seen.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
  });

  it('ends with what the reader throws, and with an image that is nowhere', async () => {
    const cache = open(createMemoryStore());
    await cache.put(activations(images(2)));
    const failing = cache.readRows(images(2), () => Promise.reject(new Error('disk full')));
    await expect(failing).rejects.toThrow('disk full');
    await expect(cache.readRows(images(3), () => undefined)).rejects.toMatchObject({ code: 'not_found' });
  });
});
