/** What is checked before a prefix is classified, and what is said once it is. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  bulkClassificationSchema,
  bulkManifestSchema,
  type BulkClassification,
  type BulkPatch,
} from '@graft/contracts';
import { createWorld, type World } from '../../testing/activity-world.js';
import { createBulkActivities } from './bulk-classifications.js';
import type { ControlDependencies } from './dependencies.js';

const bulkId = 'bulk-1';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a prefix', () => {
  let world: World;
  let bulk: BulkClassification;
  let patches: BulkPatch[];

  const activities = () =>
    createBulkActivities({
      ...world,
      registry: {
        getBulk: async () => bulk,
        getModelVersion: async () => ({ signature: { labels: ['ant', 'bee'] } }),
        patchBulk: async (_id: string, patch: BulkPatch) => void patches.push(patch),
      },
    } as unknown as ControlDependencies);

  beforeEach(async () => {
    world = createWorld();
    patches = [];
    bulk = bulkClassificationSchema.parse({
      ...{ id: bulkId, model: 'insects', version: 2, variant: 'fp32', artifactDigest: 'a'.repeat(64), top: 3 },
      ...{ source: 's3://photos/new/', target: 's3://answers/insects/', state: 'requested', total: null },
      ...{ parts: 0, objects: 0, unfit: 0, error: null, by: 'ada' },
      ...{ createdAt: '2026-01-01T00:00:00Z', finishedAt: null },
    });
    for (const key of ['new/1.png', 'new/2.png', 'old/1.png']) await world.bucket('photos').put(key, bytes(key));
  });

  it('is counted when it begins', async () => {
    await activities().openBulk({ bulkId });
    expect(patches).toEqual([{ state: 'running', total: 2 }]);
  });

  it('with nothing under it is an error that names it', async () => {
    bulk = { ...bulk, source: 's3://photos/typo/' };
    await expect(activities().openBulk({ bulkId })).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('s3://photos/typo/'),
    });
    expect(patches).toEqual([]);
  });

  it('is not begun where something lies at the target; what it wrote itself is no hindrance', async () => {
    await world.bucket('answers').put('insects/part-00000.jsonl', bytes('{}\n'));
    await expect(activities().openBulk({ bulkId })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('insects/part-00000.jsonl'),
    });
    bulk = { ...bulk, state: 'running' };
    await activities().openBulk({ bulkId });
    expect(patches).toHaveLength(1);
  });

  it('is not answered into the landing zone, nor among what Graft makes, but for a place of its own', async () => {
    for (const target of ['s3://landing/insects/', 's3://artifacts/sha256/', 's3://artifacts/']) {
      bulk = { ...bulk, target };
      await expect(activities().openBulk({ bulkId })).rejects.toMatchObject({ code: 'refused' });
    }
    bulk = { ...bulk, target: 's3://artifacts/bulk-classifications/1/' };
    await activities().openBulk({ bulkId });
    expect(patches).toHaveLength(1);
  });

  it('has a manifest of its parts, written when all of them are there', async () => {
    bulk = { ...bulk, state: 'running' };
    const answers = world.bucket('answers');
    for (const name of ['part-00000.jsonl', 'part-00001.jsonl', 'notes.txt'])
      await answers.put(`insects/${name}`, bytes(name));
    const counts = { parts: 2, objects: 600, unfit: 4 };
    await activities().concludeBulk({ bulkId, counts });
    const object = await answers.get('insects/manifest.json');
    expect(bulkManifestSchema.parse(JSON.parse(new TextDecoder().decode(object?.bytes)))).toMatchObject({
      ...{ model: 'insects', version: 2, labels: ['ant', 'bee'], objects: 600, unfit: 4 },
      parts: [{ name: 'part-00000.jsonl', sizeBytes: 16 }, { name: 'part-00001.jsonl' }],
    });
    expect(patches).toEqual([{ state: 'succeeded', ...counts }]);
  });

  it('that was called off has none', async () => {
    bulk = { ...bulk, state: 'cancelled' };
    await activities().concludeBulk({ bulkId, counts: { parts: 0, objects: 0, unfit: 0 } });
    expect(await world.bucket('answers').get('insects/manifest.json')).toBeNull();
    expect(patches).toEqual([]);
  });

  it('that failed says why', async () => {
    const error = { code: 'not_found', message: 'gone' };
    await activities().failBulk({ bulkId, error });
    expect(patches).toEqual([{ state: 'failed', error }]);
  });
});
