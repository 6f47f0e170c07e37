/** Upload addresses on a real MinIO: what was signed is taken, and nothing else. */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMinioStore, createUploadSigner, type ObjectStore } from '@graft/artifacts';
import type { SignedUpload } from '@graft/contracts';
import { graftPaths } from '@graft/platform';
import { pickPort, startMinio, stopProcess } from '@graft/tools';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

const credentials = { accessKey: 'graft-test', secretKey: 'graft-test-secret' };
let registry: TestRegistry;
let landing: ObjectStore;
let stop: () => Promise<void>;

beforeAll(async () => {
  const folder = join(tmpdir(), `graft-uploads-${randomBytes(6).toString('hex')}`);
  const minio = await startMinio({
    cacheDir: graftPaths().cacheDir,
    dataDir: join(folder, 'data'),
    certsDir: join(folder, 'certs'),
    logFile: join(folder, 'minio.log'),
    port: await pickPort(),
    consolePort: await pickPort(),
    ...credentials,
  });
  const store = { endpoint: minio.endpoint, ...credentials, bucket: 'landing' };
  landing = createMinioStore(store);
  registry = await startTestRegistry({ uploads: { landing, signer: createUploadSigner(store) } });
  await registry.as('admin').putDataset('insects', {});
  stop = async () => {
    await registry.stop();
    await stopProcess(minio.process);
    await rm(folder, { recursive: true, force: true });
  };
});
afterAll(() => stop());

/** As a browser or `curl` sends it: the length is counted by whoever sends. */
const put = ({ url, method, headers }: SignedUpload, body: string): Promise<Response> => {
  const { 'content-length': _length, ...sent } = headers;
  return fetch(url, { method, headers: sent, body });
};
const one = async (file: string, text: string, more: { group?: string; source?: string; split?: 'test' } = {}) => {
  const [upload] = await registry
    .as('trainer')
    .requestUploads('insects', [{ file, label: 'ants', sizeBytes: Buffer.byteLength(text), ...more }]);
  if (upload === undefined) throw new Error('no address was given');
  return upload;
};

describe('requestUploads', () => {
  it('gives addresses that take the file, whatever its name, with its metadata', async () => {
    for (const file of ['1.jpg', "a b+c&d=e#f?g%h!'(*)~.jpg", '蟻 é 🐜.jpg']) {
      const upload = await one(file, 'bytes', { group: 'Übergröße 花', source: 'phone', split: 'test' });
      expect(upload).toMatchObject({ key: `insects/test/ants/${file}`, method: 'PUT', etag: null });
      expect(Date.parse(upload.expiresAt)).toBeGreaterThan(Date.now());
      expect((await put(upload, 'bytes')).status).toBe(200);
      const object = await landing.get(upload.key);
      expect(Buffer.from(object?.bytes ?? []).toString()).toBe('bytes');
      expect(object?.metadata).toEqual({ group: 'Übergröße 花', source: 'phone' });
      expect((await one(file, 'bytes', { split: 'test' })).etag).toBe(object?.etag);
    }
  });

  it('gives addresses that take nothing else: another length, metadata, key or method', async () => {
    const upload = await one('2.jpg', 'bytes', { group: 'g' });
    expect((await put(upload, 'more bytes')).status).toBe(403);
    expect((await put(upload, 'byte')).status).toBe(403);
    // A signed header that is missing: MinIO calls it a bad request.
    expect((await put({ ...upload, headers: {} }, 'bytes')).status).toBe(400);
    expect((await put({ ...upload, headers: { ...upload.headers, 'x-amz-meta-group': 'h' } }, 'bytes')).status).toBe(
      403,
    );
    expect((await put({ ...upload, url: upload.url.replace('2.jpg', '3.jpg') }, 'bytes')).status).toBe(403);
    expect((await put({ ...upload, method: 'DELETE' as 'PUT' }, 'bytes')).status).toBe(403);
    expect(await landing.head(upload.key)).toBeNull();
    expect((await put(upload, 'bytes')).status).toBe(200);
  });

  it('refuses names, labels and sizes that ingestion would refuse, by the index of the file', async () => {
    const trainer = registry.as('trainer');
    const good = { file: '1.jpg', label: 'ants', sizeBytes: 1 };
    const bad = [
      { ...good, file: '../1.jpg' },
      { ...good, file: 'a/1.jpg' },
      { ...good, file: 'x'.repeat(1020) },
      { ...good, label: '__proto__' },
      { ...good, label: '@batch' },
      good,
    ];
    for (const file of bad) {
      await expect(trainer.requestUploads('insects', [good, file])).rejects.toMatchObject({
        code: 'invalid_request',
        message: expect.stringMatching(/^files\[1\]/),
      });
    }
    for (const file of [
      { ...good, sizeBytes: 50 * 1024 ** 2 + 1 },
      { ...good, label: 'a/b' },
    ]) {
      await expect(trainer.requestUploads('insects', [file])).rejects.toMatchObject({ code: 'invalid_request' });
    }
    await expect(trainer.requestUploads('insects', [])).rejects.toMatchObject({ code: 'invalid_request' });
    const many = Array.from({ length: 1001 }, (_, i) => ({ ...good, file: `${i}` }));
    await expect(trainer.requestUploads('insects', many)).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await trainer.requestUploads('insects', many.slice(1))).toHaveLength(1000);
  });

  it('is for those who make models, and for datasets that there are', async () => {
    const file = { file: '1.jpg', label: 'ants', sizeBytes: 1 };
    await expect(registry.as('viewer').requestUploads('insects', [file])).rejects.toMatchObject({ code: 'forbidden' });
    await expect(registry.as('trainer').requestUploads('wasps', [file])).rejects.toMatchObject({ code: 'not_found' });
  });
});

it('says what is missing where the registry knows no object store', async () => {
  const without = await startTestRegistry();
  try {
    await without.as('admin').putDataset('insects', {});
    const asking = without
      .as('admin', { retries: 0 })
      .requestUploads('insects', [{ file: '1', label: 'a', sizeBytes: 1 }]);
    await expect(asking).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('GRAFT_S3_ENDPOINT'),
    });
  } finally {
    await without.stop();
  }
});
