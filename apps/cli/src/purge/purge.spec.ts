import { describe, expect, it } from '@jest/globals';
import { contentKey, createContentStore, createMemoryStore, writeDocument, type ObjectStore } from '@graft/artifacts';
import {
  AppError,
  quarantineSchema,
  type Correction,
  type DatasetVersion,
  type Erasure,
  type ManifestImage,
  type References,
} from '@graft/contracts';
import { writeDatasetVersion } from '@graft/data';
import { checkOutVersion } from '../data/checkout.js';
import { carryOutPurge } from './carry-out.js';
import { planPurge, type PurgeRegistry } from './plan-purge.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const keysOf = async (objects: ObjectStore, prefix = ''): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of objects.list(prefix)) keys.push(key);
  return keys;
};
/** The header of a safetensors file, and a body. */
const shardOf = (digests: readonly string[]): Uint8Array => {
  const header = Buffer.from(JSON.stringify({ __metadata__: { digests: JSON.stringify(digests) } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.from('body')]);
};

/** A dataset of two photos, one of which a quarantine shows as well; both landed, one of them twice; activations of both. */
const createWorld = async () => {
  const [artifacts, landing] = [createMemoryStore(), createMemoryStore()];
  const blobs = createContentStore(artifacts);
  const photo = await blobs.put(bytesOf('kim at sea'));
  const other = await blobs.put(bytesOf('an empty beach'));
  const imageOf = (sha256: string, key: string, sizeBytes: number): ManifestImage => ({
    ...{ sha256, pixelSha256: sha256, perceptualHash: '0123456789abcdef', label: 'sea', group: null, split: 'train' },
    ...{ source: 'landing', key, width: 8, height: 8, sizeBytes },
  });
  const images = [imageOf(photo, 'beach/sea/1.jpg', 10), imageOf(other, 'beach/sea/2.jpg', 14)];
  for (const [name, text] of [
    ['1', 'kim at sea'],
    ['2', 'an empty beach'],
    ['3', 'kim at sea'],
    ['4', 'kim at see'],
  ]) {
    await landing.put(`beach/sea/${name}.jpg`, bytesOf(text ?? ''));
  }
  const thumbnail = await blobs.put(bytesOf('small kim'));
  const quarantine = await writeDocument(blobs, quarantineSchema, {
    ...{ schemaVersion: 'quarantine.v1', dataset: 'beach' },
    entries: [{ key: 'beach/sea/3.jpg', etag: 'x', sha256: photo, reason: 'label_conflict', detail: 'x', thumbnail }],
  });
  const { id } = await writeDatasetVersion(blobs, { dataset: 'beach', labels: ['sea'], images });
  await artifacts.put('activations/k/a.safetensors', shardOf([photo, other]));
  await artifacts.put('activations/k/b.safetensors', shardOf([other]));
  const version = { id, dataset: 'beach', number: 1, corrections: 0, quarantine, landingLog: null, takenOut: null };
  const rows: { corrections: Correction[]; erasures: Erasure[] } = { corrections: [], erasures: [] };
  const registry: PurgeRegistry = {
    listReferences: async () => ({ named: { dataset_version: [id] } }) as unknown as References,
    listModels: async () => [],
    listModelVersions: async () => [],
    listLedger: async () => [],
    listDatasets: async () => [{ name: 'beach' }] as never,
    listDatasetVersions: async () => [version as unknown as DatasetVersion],
    listCorrections: async () => rows.corrections,
    createCorrection: async (dataset, correction) => {
      const made = {
        ...correction,
        dataset,
        number: rows.corrections.length + 1,
        by: 'kim',
        at: '2026-11-26T09:00:00.000Z',
      };
      rows.corrections.push(made);
      return made;
    },
    recordErasure: async ({ digest, reason, referrers, force = false }) => {
      const there = rows.erasures.find((one) => one.digest === digest);
      const made = { digest, reason, referrers, forced: force, by: 'kim', at: '2026-11-26T09:00:00.000Z' };
      if (there === undefined) rows.erasures.push(made);
      return there ?? made;
    },
  };
  return { registry, artifacts, landing, blobs, photo, other, thumbnail, rows, images, id };
};

const ASKED = { reason: 'the person asked', force: false };

describe('purging a photo', () => {
  it('tells beforehand what it is and what goes with it, and changes nothing', async () => {
    const world = await createWorld();
    const before = await keysOf(world.artifacts);
    expect(await planPurge(world, world.photo)).toEqual({
      ...{ digest: world.photo, sizeBytes: 10, derived: [world.thumbnail], datasets: ['beach'] },
      referrers: ['image beach/sea/1.jpg of beach 1', 'the manifest of beach 1'],
      ...{ shards: ['activations/k/a.safetensors'], landed: ['beach/sea/1.jpg', 'beach/sea/3.jpg'] },
    });
    expect(await keysOf(world.artifacts)).toEqual(before);
    expect(world.rows).toEqual({ corrections: [], erasures: [] });
  });

  it('removes every copy, thumbnail and activation of it, and nothing else; the next version is without it', async () => {
    const world = await createWorld();
    const purged = await carryOutPurge(world, await planPurge(world, world.photo), ASKED);
    expect(purged).toMatchObject({ derived: 1, shards: 1, landed: 2, erasure: { reason: 'the person asked' } });
    expect(await keysOf(world.landing)).toEqual(['beach/sea/2.jpg', 'beach/sea/4.jpg']);
    expect(await keysOf(world.artifacts, 'activations/')).toEqual(['activations/k/b.safetensors']);
    const content = await keysOf(world.artifacts, 'sha256/');
    expect(content).not.toContain(contentKey(world.photo));
    expect(content).not.toContain(contentKey(world.thumbnail));
    expect(content).toContain(contentKey(world.other));
    expect(world.rows.corrections).toMatchObject([
      { dataset: 'beach', reason: 'erased: the person asked', actions: [{ action: 'remove', images: [world.photo] }] },
    ]);
    await expect(world.blobs.get(world.photo)).rejects.toThrow('erased by kim on 2026-11-26: the person asked');
  });

  it('is finished by asking again where it was killed, with one erasure and one correction', async () => {
    const world = await createWorld();
    const plan = await planPurge(world, world.photo);
    const dying: ObjectStore = {
      ...world.artifacts,
      erase: () => Promise.reject(new AppError('unavailable', 'killed')),
    };
    await expect(carryOutPurge({ ...world, artifacts: dying }, plan, ASKED)).rejects.toThrow('killed');
    expect(await world.blobs.has(world.photo)).toBe(true);
    await carryOutPurge(world, await planPurge(world, world.photo), ASKED);
    expect(await world.blobs.has(world.photo)).toBe(false);
    expect([world.rows.erasures.length, world.rows.corrections.length]).toEqual([1, 1]);
    const again = await planPurge(world, world.photo);
    expect(again).toMatchObject({ sizeBytes: null, shards: [], landed: [] });
  });

  it('changes nothing where the registry refuses', async () => {
    const world = await createWorld();
    const registry: PurgeRegistry = {
      ...world.registry,
      recordErasure: () => Promise.reject(new AppError('refused', 'served')),
    };
    const plan = await planPurge(world, world.photo);
    await expect(carryOutPurge({ ...world, registry }, plan, ASKED)).rejects.toMatchObject({ code: 'refused' });
    expect(await keysOf(world.landing)).toHaveLength(4);
    expect(await world.blobs.has(world.photo)).toBe(true);
  });

  it('leaves a version that can be checked out, less the photo, which is told of', async () => {
    const world = await createWorld();
    await carryOutPurge(world, await planPurge(world, world.photo), ASKED);
    const directory = await mkdtemp(join(tmpdir(), 'graft-checkout-'));
    const { blobs, id: version, images } = world;
    const done = await checkOutVersion({ blobs, dataset: 'beach', version, labels: ['sea'], images, directory });
    await rm(directory, { recursive: true });
    expect(done).toEqual({
      ...{ written: 1, verified: 0 },
      erased: [{ sha256: world.photo, told: 'erased by kim on 2026-11-26: the person asked' }],
    });
  });
});
