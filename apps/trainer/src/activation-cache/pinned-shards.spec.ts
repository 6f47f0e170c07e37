import { describe, expect, it } from '@jest/globals';
import { createContentStore, createMemoryStore } from '@graft/artifacts';
import { digestOfText } from '@graft/contracts';
import { createLogger } from '@graft/platform';
import { createActivationCache } from './activation-cache.js';
import { pinnedShards } from './pinned-shards.js';

const logger = createLogger({ service: 'test', level: 'silent' });
const [ant, bee, wasp] = ['ant', 'bee', 'wasp'].map(digestOfText) as [string, string, string];
const key = digestOfText('key');
const options = { key, length: 2, storage: 'float32', logger } as const;
const rows = (digests: string[], from: number) => ({
  digests,
  values: Float32Array.from({ length: digests.length * 2 }, (_, at) => from + at),
  length: 2,
});

describe('activations that are pinned', () => {
  it('are those of the named shards, whatever was embedded since; what is put stays out of the cache', async () => {
    const objects = createMemoryStore();
    const blobs = createContentStore(objects);
    const cache = createActivationCache({ ...options, objects });
    const first = await cache.put(rows([ant, bee], 1));
    // The same image in other batches: which shard counts depends on names.
    for (let at = 0; at < 8; at += 1) await cache.put(rows([ant], 100 + at));
    const view = pinnedShards({ objects, blobs, shards: [first] });
    const pinned = createActivationCache({ ...options, objects: view });
    expect([...(await pinned.features([bee, ant])).values]).toEqual([3, 4, 1, 2]);
    expect(await pinned.readRows([ant], () => undefined)).toEqual(new Set([first]));
    expect(await pinned.missing([ant, wasp])).toEqual([wasp]);
    await pinned.put(rows([wasp], 7));
    expect([...(await pinned.features([wasp])).values]).toEqual([7, 8]);
    expect(await cache.missing([wasp])).toEqual([wasp]);
  });

  it('are not there where their shard is gone', async () => {
    const objects = createMemoryStore();
    const view = pinnedShards({ objects, blobs: createContentStore(objects), shards: [digestOfText('gone')] });
    expect(await createActivationCache({ ...options, objects: view }).missing([ant])).toEqual([ant]);
  });
});
