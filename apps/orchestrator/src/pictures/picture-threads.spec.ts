import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inspectImage } from '@graft/data';
import { buildPrograms } from '@graft/tools/testing';
import { noisePng } from '../testing/activity-world.js';
import { createPictureThreads, type PictureThreads } from './picture-threads.js';

describe('pictures in threads', () => {
  let threads: PictureThreads;
  beforeAll(async () => {
    const folder = await buildPrograms('orchestrator', 'picture-worker');
    threads = createPictureThreads(pathToFileURL(`${folder}/picture-worker.js`));
  });
  afterAll(() => threads.close());

  it('are described as they are in one', async () => {
    const pictures = await Promise.all(Array.from({ length: 12 }, (_, seed) => noisePng(seed, 40 + seed)));
    const { describe: inThreads } = threads;
    const found = await Promise.all(pictures.map((bytes) => inspectImage(bytes, { describe: inThreads })));
    expect(found).toEqual(await Promise.all(pictures.map((bytes) => inspectImage(bytes))));
  });

  it('are refused for the same reason', async () => {
    const whole = await noisePng(1, 64);
    const cut = whole.subarray(0, whole.length / 2);
    const refused = { code: 'image_unfit', details: { reason: 'broken_image' } };
    await expect(inspectImage(cut)).rejects.toMatchObject(refused);
    await expect(inspectImage(cut, { describe: threads.describe })).rejects.toMatchObject(refused);
  });
});

describe('a thread that ends', () => {
  it('fails what it was asked, and the next is asked of another', async () => {
    const folder = await buildPrograms('orchestrator', 'testing/dying-worker');
    const dying = createPictureThreads(pathToFileURL(`${folder}/dying-worker.js`));
    try {
      const request = { bytes: Uint8Array.of(1), maxPixels: 1, timeoutSeconds: 1, decodingBytes: 1 };
      await expect(dying.describe(request)).rejects.toThrow();
      expect(await dying.describe({ ...request, bytes: Uint8Array.of(0) })).toBe('alive');
    } finally {
      await dying.close();
    }
  });
});
