import { createHash } from 'node:crypto';
import { AppError, type SignedUpload, type UploadRequest } from '@graft/contracts';
import type { LandingImage } from '@graft/data';
import { describe, expect, it } from '@jest/globals';
import { createRegistryTarget } from './landing-targets.js';

const imageOf = (key: string, text: string, metadata: Record<string, string> = {}): LandingImage => {
  const bytes = new Uint8Array(Buffer.from(text));
  return { key, metadata, bytes, md5: createHash('md5').update(bytes).digest('hex') };
};

/** A registry and a store behind it; `answers` are the statuses of the next uploads, 200 once they are used up. */
const createStore = (answers: (number | 'broken')[] = []) => {
  const requests: (readonly UploadRequest[])[] = [];
  const held = new Map<string, { text: string; headers: unknown }>();
  const etags = new Map<string, string>();
  const registry = {
    requestUploads: async (dataset: string, files: readonly UploadRequest[]): Promise<SignedUpload[]> => {
      requests.push(files);
      return files.map(({ file, label, split, group, sizeBytes }) => {
        const key = [dataset, ...(split ? [split] : []), label, file].join('/');
        const headers = { 'content-length': String(sizeBytes), ...(group ? { 'x-amz-meta-group': group } : {}) };
        const expiresAt = '2026-01-01T00:00:00Z';
        const etag = etags.get(key) ?? null;
        return { key, url: `http://store.test/landing/${key}?signed`, method: 'PUT', headers, expiresAt, etag };
      });
    },
  };
  const fetch = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const answer = answers.shift() ?? 200;
    if (answer === 'broken') throw new TypeError('fetch failed');
    if (answer !== 200) return new Response('<Error><Code>SlowDown</Code></Error>', { status: answer });
    const key = decodeURI(new URL(String(url)).pathname).replace('/landing/', '');
    held.set(key, { text: Buffer.from(init?.body as Uint8Array).toString(), headers: init?.headers });
    return new Response('');
  };
  return { registry, fetch, requests, held, etags };
};

describe('uploads by way of the registry', () => {
  it('ask for the addresses of many files at once, and send each with its headers', async () => {
    const store = createStore();
    const target = createRegistryTarget({ registry: store.registry, dataset: 'd', fetch: store.fetch });
    const images = [imageOf('d/train/ants/1.jpg', 'one', { group: 'g' }), imageOf('d/bees/2.jpg', 'two')];
    expect(await Promise.all(images.map((image) => target.put(image)))).toEqual(['uploaded', 'uploaded']);
    expect(store.requests).toEqual([
      [
        { file: '1.jpg', label: 'ants', split: 'train', group: 'g', source: null, sizeBytes: 3 },
        { file: '2.jpg', label: 'bees', split: null, group: null, source: null, sizeBytes: 3 },
      ],
    ]);
    expect(store.held.get('d/train/ants/1.jpg')).toEqual({ text: 'one', headers: { 'x-amz-meta-group': 'g' } });
    expect(store.held.get('d/bees/2.jpg')).toEqual({ text: 'two', headers: {} });
  });

  it('send nothing that is there already', async () => {
    const store = createStore();
    const image = imageOf('d/ants/1.jpg', 'one');
    store.etags.set(image.key, image.md5);
    const target = createRegistryTarget({ registry: store.registry, dataset: 'd', fetch: store.fetch });
    expect(await target.put(image)).toBe('unchanged');
    expect(store.held.size).toBe(0);
  });

  it('are tried again, with a new address, while the store is away', async () => {
    const store = createStore(['broken', 503]);
    const target = createRegistryTarget({ registry: store.registry, dataset: 'd', fetch: store.fetch });
    expect(await target.put(imageOf('d/ants/1.jpg', 'one'))).toBe('uploaded');
    expect(store.requests).toHaveLength(3);
  });

  it('fail at once when the store refuses, and as the registry does', async () => {
    const store = createStore([403]);
    const target = createRegistryTarget({ registry: store.registry, dataset: 'd', fetch: store.fetch });
    await expect(target.put(imageOf('d/ants/1.jpg', 'one'))).rejects.toMatchObject({
      code: 'forbidden',
      message: 'store.test refused the upload of d/ants/1.jpg: 403 SlowDown',
    });
    const registry = { requestUploads: () => Promise.reject(new AppError('not_found', 'no dataset d')) };
    const without = createRegistryTarget({ registry, dataset: 'd', fetch: store.fetch });
    await expect(without.put(imageOf('d/ants/1.jpg', 'one'))).rejects.toMatchObject({ code: 'not_found' });
  });
});
