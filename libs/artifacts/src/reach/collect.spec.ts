import { describe, expect, it } from '@jest/globals';
import {
  activationKeySchema,
  digestOfBytes,
  toCanonicalDocument,
  type DatasetVersion,
  type Digest,
  type References,
} from '@graft/contracts';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { contentKey } from '../content-key.js';
import { createContentStore } from '../content-store.js';
import { createMemoryStore } from '../memory-store.js';
import type { ObjectStore } from '../object-store.js';
import { collectGarbage, cutoffOf, type CollectOptions } from './collect.js';
import type { Roots } from './mark.js';

const DAY_MS = 86_400_000;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
/** Large enough that the content store asks whether it is there before it sends it. */
const pictureOf = (name: string): Uint8Array => {
  const bytes = new Uint8Array(300_000);
  bytes.set([0xff, 0xd8, 0xff]);
  bytes.set(bytesOf(name), 3);
  return bytes;
};

/** A store whose objects are as old as `age` says when they are put, and a registry's rows. */
const createWorld = () => {
  let ageMs = 30 * DAY_MS;
  const objects = createMemoryStore({ now: () => new Date(Date.now() - ageMs) });
  const blobs = createContentStore(objects);
  const rows: { named: Digest[]; live: Digest[]; runs: string[]; versions: DatasetVersion[]; since: string | null } = {
    ...{ named: [], live: [], runs: [], versions: [], since: null },
  };
  const readRoots = async (): Promise<Roots> => {
    const references: References = {
      ...{ at: new Date().toISOString(), underWaySince: rows.since, runsUnderWay: [...rows.runs] },
      ...{ named: { some_table: [...rows.named] }, liveEmbedders: [...rows.live] },
    };
    return { references, datasetVersions: [...rows.versions] };
  };
  const put = (value: unknown): Promise<Digest> => blobs.put(toCanonicalDocument(z.unknown(), value).bytes);
  const register = async (pictures: readonly Uint8Array[]): Promise<Digest[]> => {
    const digests = await Promise.all(pictures.map((picture) => blobs.put(picture)));
    const images = digests.map((sha256) => ({
      ...{ sha256, pixelSha256: sha256, perceptualHash: '0123456789abcdef', label: 'ant', group: null, split: 'train' },
      ...{ source: 'lab', key: 'insects/ant/1.jpg', width: 8, height: 8, sizeBytes: 3 },
    }));
    const shard = await put({ schemaVersion: 'manifest.v1', prefix: '0', images });
    const counts = { train: digests.length, val: 0, test: 0 };
    const id = await put({
      ...{ schemaVersion: 'dataset-version.v1', dataset: 'insects', labels: ['ant'], images: digests.length },
      ...{
        shards: [{ prefix: '0', digest: shard, images: digests.length }],
        bySplit: counts,
        byLabel: { ant: counts },
      },
      bySource: { lab: digests.length },
    });
    const version = { id, dataset: 'insects', number: 1, quarantine: null, landingLog: null, takenOut: null };
    rows.versions.push(version as DatasetVersion);
    return [id, shard, ...digests];
  };
  const collect = (options: Partial<CollectOptions> = {}) =>
    collectGarbage({ objects, readRoots, olderThanMs: 7 * DAY_MS, isDryRun: false, ...options });
  return { objects, blobs, rows, put, register, collect, putNow: () => void (ageMs = 0) };
};

const keysOf = async (objects: ObjectStore, prefix = ''): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of objects.list(prefix)) keys.push(key);
  return keys;
};

describe('collectGarbage', () => {
  it('keeps what rows reach, through documents of any kind, and removes the rest by kind', async () => {
    const { blobs, rows, put, register, collect } = createWorld();
    const kept = await register([pictureOf('a'), pictureOf('b')]);
    const inner = await put({ schemaVersion: 'inner.v9', rows: [await blobs.put(bytesOf('leaf'))] });
    rows.named.push(await put({ schemaVersion: 'outer.v9', of: { digest: inner } }));
    const garbage = [await blobs.put(pictureOf('c')), await put({ schemaVersion: 'left.v1' })];
    const { removed, young } = await collect();
    expect(removed).toEqual([
      { kind: 'document', objects: 1, bytes: 27 },
      { kind: 'image', objects: 1, bytes: 300_000 },
    ]);
    expect(young.objects).toBe(0);
    for (const digest of [...kept, inner, digestOfBytes(bytesOf('leaf'))]) expect(await blobs.has(digest)).toBe(true);
    for (const digest of garbage) expect(await blobs.has(digest)).toBe(false);
    expect((await collect()).removed).toEqual([]);
  });

  it('removes nothing in a dry run, and tells the same', async () => {
    const { objects, blobs, collect } = createWorld();
    await blobs.put(pictureOf('c'));
    const told = await collect({ isDryRun: true });
    expect(await keysOf(objects)).toHaveLength(1);
    expect((await collect()).removed).toEqual(told.removed);
    expect(await keysOf(objects)).toEqual([]);
  });

  it('leaves what is younger than the age, and what was put since an hour before the oldest work began', async () => {
    const { objects, blobs, rows, collect, putNow } = createWorld();
    await blobs.put(pictureOf('old'));
    rows.since = new Date(Date.now() - 31 * DAY_MS).toISOString();
    expect(await collect()).toMatchObject({ removed: [], young: { objects: 1 } });
    rows.since = null;
    putNow();
    const young = await blobs.put(pictureOf('young'));
    expect((await collect()).removed).toMatchObject([{ objects: 1 }]);
    expect(await keysOf(objects)).toEqual([contentKey(young)]);
  });

  it('keeps activations of live embedders and those that a document pins, checkpoints of runs that go on, and what it does not know', async () => {
    const { objects, rows, put, collect } = createWorld();
    const [live, dead, pinned, rest] = ['1', '2', '3', '4'].map((digit) => digit.repeat(64)) as [
      string,
      string,
      string,
      string,
    ];
    const keyFor = (onnxDigest: Digest) =>
      toCanonicalDocument(activationKeySchema, {
        ...{ schemaVersion: 'activation-key.v1', onnxDigest, cut: 'pool', view: 'center', storage: 'float32' },
        ...{ onnxruntimeVersion: '1', executionProvider: 'cpu', cpuClass: 'avx2' },
        preprocessing: {
          ...{ schemaVersion: 'preprocessing.v1', inputSize: 64, cropShare: 1, interpolation: 'bicubic' },
          ...{ mean: [0, 0, 0], std: [1, 1, 1] },
        },
      });
    for (const embedder of [live, dead]) {
      const { bytes, digest } = keyFor(embedder);
      await objects.put(`activations/${digest}/key.json`, bytes);
      for (const shard of [pinned, rest])
        await objects.put(`activations/${digest}/${shard}.safetensors`, bytesOf(shard));
    }
    const unknown = `activations/${'5'.repeat(64)}/${rest}.safetensors`;
    await objects.put(unknown, bytesOf('whose?'));
    for (const run of ['on', 'over']) await objects.put(`checkpoints/${run}/${rest}.safetensors`, bytesOf('state'));
    await objects.put('somebody/elses.bin', bytesOf('mine'));
    rows.live.push(live);
    rows.runs.push('on');
    rows.named.push(await put({ schemaVersion: 'pins.v1', shards: [pinned] }));
    const { removed } = await collect();
    expect(removed).toMatchObject([
      { kind: 'activation', objects: 1 },
      { kind: 'checkpoint', objects: 1 },
    ]);
    const [liveKey, deadKey] = [keyFor(live).digest, keyFor(dead).digest];
    expect(await keysOf(objects, 'activations/')).toEqual(
      [
        ...[`${liveKey}/${pinned}.safetensors`, `${liveKey}/${rest}.safetensors`, `${liveKey}/key.json`],
        ...[`${deadKey}/${pinned}.safetensors`, `${deadKey}/key.json`],
        unknown.slice('activations/'.length),
      ]
        .map((name) => `activations/${name}`)
        .sort(),
    );
    expect(await keysOf(objects, 'checkpoints/')).toEqual([`checkpoints/on/${rest}.safetensors`]);
    expect(await keysOf(objects, 'somebody/')).toHaveLength(1);
    // Pinned no more, the shard goes, and then what says whose it was.
    rows.named.length = 0;
    expect((await collect()).removed).toMatchObject([{ kind: 'activation', objects: 1 }, { kind: 'document' }]);
    expect((await collect()).removed).toMatchObject([{ kind: 'activation', objects: 1 }]);
    expect(await keysOf(objects, `activations/${deadKey}/`)).toEqual([]);
  });

  it('removes nothing where a manifest is missing: what it names would seem garbage', async () => {
    const { objects, blobs, register, collect } = createWorld();
    const [, shard = ''] = await register([pictureOf('a')]);
    await blobs.put(pictureOf('c'));
    await objects.remove(contentKey(shard));
    await expect(collect()).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining('shard 0 of the manifest of insects 1'),
    });
    expect(await blobs.has(digestOfBytes(pictureOf('c')))).toBe(true);
  });

  it('goes on where one was killed', async () => {
    const { objects, blobs, collect } = createWorld();
    for (const name of ['1', '2', '3', '4']) await blobs.put(pictureOf(name));
    let removals = 0;
    const dying: ObjectStore = {
      ...objects,
      remove: async (key) => {
        removals += 1;
        if (removals > 2) throw new Error('killed');
        await objects.remove(key);
      },
    };
    await expect(collect({ objects: dying })).rejects.toThrow('killed');
    expect((await collect()).removed).toMatchObject([{ kind: 'image', objects: 2 }]);
    expect(await keysOf(objects)).toEqual([]);
  });

  it('loses nothing to ingestions that go on meanwhile, also where they bring back what was garbage', async () => {
    const { objects, blobs, rows, register, collect: collectOnce, putNow } = createWorld();
    // As over a network: each call of the store lets others come in between.
    const slow: ObjectStore = {
      ...objects,
      head: async (key) => (await nextTurn(), objects.head(key)),
      open: async (key) => (await nextTurn(), objects.open(key)),
    };
    const collect = (options: Partial<CollectOptions>) => collectOnce({ objects: slow, ...options });
    const names = Array.from({ length: 12 }, (_, at) => `picture ${at}`);
    for (const name of names) await blobs.put(pictureOf(name));
    for (let at = 0; at < 12; at += 1) await blobs.put(pictureOf(`garbage ${at}`));
    putNow();
    rows.since = new Date().toISOString();
    let isIngesting = true;
    /** Slower than the collection, so that it comes in at every step of it. */
    const ingest = async (): Promise<Digest[]> => {
      const kept: Digest[] = [];
      for (const name of names) {
        kept.push(...(await register([pictureOf(name), pictureOf(`new ${name}`)])));
        await nextTurn();
      }
      isIngesting = false;
      return kept;
    };
    const collectOverAndOver = async (): Promise<number> => {
      let removed = 0;
      // An age of 0: what is under way is all that keeps objects from it.
      while (isIngesting) {
        removed += (await collect({ olderThanMs: 0 })).removed.reduce((sum, one) => sum + one.objects, 0);
        // The store in memory waits for nothing: others get their turn here alone.
        await nextTurn();
      }
      return removed;
    };
    const [kept, removed] = await Promise.all([ingest(), collectOverAndOver()]);
    for (const digest of kept) expect([digest, await blobs.has(digest)]).toEqual([digest, true]);
    expect(removed).toBeGreaterThanOrEqual(12);
    rows.since = null;
    await collect({ olderThanMs: 0 });
    expect(await keysOf(objects)).toEqual([...new Set(kept)].map(contentKey).sort());
  });
});

describe('cutoffOf', () => {
  it('is the age before the registry’s time, or an hour before the oldest work', () => {
    const at = '2026-05-08T12:00:00.000Z';
    const cutoff = (underWaySince: string | null): string =>
      new Date(cutoffOf({ at, underWaySince }, DAY_MS)).toISOString();
    expect(cutoff(null)).toBe('2026-05-07T12:00:00.000Z');
    expect(cutoff('2026-05-08T11:00:00.000Z')).toBe('2026-05-07T12:00:00.000Z');
    expect(cutoff('2026-05-01T11:00:00.000Z')).toBe('2026-05-01T10:00:00.000Z');
  });
});
