import { describe, expect, it } from '@jest/globals';
import { createContentStore, createMemoryStore } from '@graft/artifacts';
import type { LandingObject } from '@graft/contracts';
import sharp from 'sharp';
import { noisePng } from '../../testing/activity-world.js';
import { inspectObject } from './inspect-object.js';

const zoneWith = async (bytes: Uint8Array, key = 'flowers/rose/a.png', metadata: Record<string, string> = {}) => {
  const landing = createMemoryStore();
  const blobs = createContentStore(createMemoryStore());
  const { etag, sizeBytes } = await landing.put(key, bytes, { metadata });
  const object: LandingObject = { key, etag, sizeBytes };
  return { object, options: { landing, blobs } };
};

describe('inspectObject', () => {
  it('tells of a sound image where it belongs and what it is like, and keeps its bytes', async () => {
    const bytes = await noisePng(1);
    const { object, options } = await zoneWith(bytes);
    const inspected = await inspectObject(object, options);
    expect(inspected).toMatchObject({
      outcome: 'image',
      image: { label: 'rose', split: null, group: null, width: 128, quality: { brightness: expect.any(Number) } },
    });
    if (inspected?.outcome !== 'image') throw new Error('no image');
    expect(inspected.image.quality?.sharpness).toBeGreaterThan(0.01);
    expect(Buffer.from(await options.blobs.get(inspected.image.sha256)).equals(Buffer.from(bytes))).toBe(true);
  });
  it('lets the plan say where it belongs, whatever its key and metadata say', async () => {
    const { object, options } = await zoneWith(await noisePng(2), 'flowers/batch-1/images/0001.png', { label: 'weed' });
    const place = { label: 'tulip', split: 'test', group: 'plant-7', source: 'archive' } as const;
    expect(await inspectObject({ ...object, place }, options)).toMatchObject({ outcome: 'image', image: place });
  });
  it('keeps a thumbnail of a picture that is left out', async () => {
    const narrow = await sharp({ create: { width: 300, height: 5, channels: 3, background: '#123456' } })
      .png()
      .toBuffer();
    const { object, options } = await zoneWith(narrow);
    const inspected = await inspectObject(object, options);
    expect(inspected).toMatchObject({ outcome: 'quarantined', entry: { reason: 'too_small' } });
    if (inspected?.outcome !== 'quarantined') throw new Error('not quarantined');
    const thumbnail = await options.blobs.get(inspected.entry.thumbnail ?? '');
    expect(await sharp(thumbnail).metadata()).toMatchObject({ format: 'webp', width: 128, height: 2 });
  });
  it('keeps none of what no decoder may see, and reads nothing that the plan has settled', async () => {
    const { object, options } = await zoneWith(Buffer.from('just a text'));
    expect(await inspectObject(object, options)).toEqual({
      outcome: 'quarantined',
      entry: {
        key: object.key,
        etag: object.etag,
        sha256: expect.any(String),
        reason: 'not_an_image',
        detail: expect.any(String),
      },
    });
    const unread = { ...options, landing: { ...options.landing, get: () => Promise.reject(new Error('was read')) } };
    const settled = { outcome: 'unfit', reason: 'not_in_manifest', detail: 'no row names it' } as const;
    expect(await inspectObject({ ...object, settled }, unread)).toMatchObject({
      outcome: 'quarantined',
      entry: { reason: 'not_in_manifest', detail: 'no row names it', sha256: null },
    });
    expect(await inspectObject({ ...object, settled: { outcome: 'read' } }, unread)).toEqual({
      outcome: 'read',
      key: object.key,
      etag: object.etag,
    });
  });
  it('tells nothing of an object that is gone', async () => {
    const { object, options } = await zoneWith(await noisePng(3));
    await options.landing.remove(object.key);
    expect(await inspectObject(object, options)).toBeNull();
  });
});
