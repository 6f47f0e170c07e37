/** The object store's contract on a real MinIO of this spec's own, and what only a real server can show. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { contentKey, createContentStore, createMinioStore, type MinioOptions } from '@graft/artifacts';
import { createVersionedBucket, objectStoreContract } from '@graft/artifacts/testing';
import { graftPaths } from '@graft/platform';
import { MINIO, pickPort, resolveBinary } from '@graft/tools';

const credentials = { accessKey: 'graft-test', secretKey: 'graft-test-secret' };

let folder: string;
let port: number;
let binary: string;
let minio: ChildProcess | null = null;

const start = async (): Promise<void> => {
  const args = ['server', '--quiet', '--address', `127.0.0.1:${port}`, '--console-address', '127.0.0.1:0', folder];
  minio = spawn(binary, args, {
    stdio: 'ignore',
    env: { ...process.env, MINIO_ROOT_USER: credentials.accessKey, MINIO_ROOT_PASSWORD: credentials.secretKey },
  });
  for (let tries = 0; tries < 150; tries += 1) {
    const healthy = await fetch(`http://127.0.0.1:${port}/minio/health/ready`).catch(() => null);
    if (healthy?.ok === true) return;
    await sleep(100);
  }
  throw new Error(`MinIO (${binary}) did not come up in 15 s`);
};

const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
  const child = minio;
  minio = null;
  if (child === null || child.exitCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await exited;
};

const options = (bucket: string, overrides: Partial<MinioOptions> = {}): MinioOptions => ({
  endpoint: `http://127.0.0.1:${port}`,
  ...credentials,
  bucket,
  ...overrides,
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-minio-'));
  port = await pickPort();
  ({ path: binary } = await resolveBinary(MINIO, { cacheDir: graftPaths().cacheDir }));
  await start();
});

afterAll(async () => {
  await stop();
  await rm(folder, { recursive: true, force: true });
});

objectStoreContract('MinIO', async () => ({ store: createMinioStore(options('contract')) }));

describe('the minio store', () => {
  it('says forbidden for wrong credentials, without the secret', async () => {
    const store = createMinioStore(options('contract', { secretKey: 'another-secret' }));
    for (const attempt of [
      () => store.get('a/b'),
      () => store.put('a/b', new Uint8Array(1)),
      () => store.head('a/b'),
    ]) {
      const refused: unknown = await attempt().catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: 'forbidden' });
      expect((refused as Error).message).not.toContain('another-secret');
    }
  });

  it('names a bucket that is not there', async () => {
    const store = createMinioStore(options('no-such-bucket'));
    const missing = { code: 'not_found', message: expect.stringContaining('no-such-bucket') as unknown };
    await expect(store.put('a/b', new Uint8Array(1))).rejects.toMatchObject(missing);
    await expect(store.get('a/b')).rejects.toMatchObject(missing);
    await expect(store.list('')[Symbol.asyncIterator]().next()).rejects.toMatchObject(missing);
  });

  it('verifies content on a real server', async () => {
    const objects = createMinioStore(options('content'));
    await objects.ensureBucket();
    const blobs = createContentStore(objects);
    const bytes = new Uint8Array(3_000_000).map((_, index) => index % 251);
    const digest = await blobs.put(bytes);
    expect(Buffer.compare(await blobs.get(digest), bytes)).toBe(0);
    await objects.put(
      contentKey(digest),
      bytes.map((value) => value ^ 1),
    );
    await expect(blobs.get(digest)).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('erases every version that a bucket keeps of an object, and of no other', async () => {
    const objects = createMinioStore(options('versions'));
    await objects.ensureBucket();
    const bucket = createVersionedBucket(options('versions'));
    await objects.put('kept/before', new Uint8Array(1));
    await bucket.keepVersions();
    for (const size of [2, 3]) await objects.put('kept/before', new Uint8Array(size));
    await objects.put('kept/before-another', new Uint8Array(4));
    await objects.remove('kept/before');
    expect(await bucket.countVersions('kept/before')).toBe(4);
    await objects.erase('kept/before');
    expect(await bucket.countVersions('kept/before')).toBe(0);
    expect(await objects.head('kept/before-another')).toMatchObject({ sizeBytes: 4 });
  });

  it('tells of created objects, and goes on after the server was killed and started again', async () => {
    const store = createMinioStore(options('landing'));
    await store.ensureBucket();
    const abort = new AbortController();
    const seen: string[] = [];
    const listening = (async () => {
      for await (const { key } of store.created({ signal: abort.signal, prefix: 'flowers/' })) seen.push(key);
    })();
    /** The stream says nothing when it stands: put until an event comes. */
    const putUntilSeen = async (key: string): Promise<void> => {
      for (let tries = 0; tries < 150 && !seen.includes(key); tries += 1) {
        await store.put(key, new Uint8Array([tries])).catch(() => {});
        await sleep(100);
      }
      expect(seen).toContain(key);
    };
    try {
      await putUntilSeen('flowers/rose/a b+c%41 é.png');
      await store.put('other/rose/1.png', new Uint8Array(1));
      await stop('SIGKILL');
      await expect(store.head('flowers/x')).rejects.toMatchObject({ code: 'unavailable' });
      await start();
      await putUntilSeen('flowers/rose/after.png');
      expect(seen.every((key) => key.startsWith('flowers/'))).toBe(true);
    } finally {
      const stopped = Date.now();
      abort.abort();
      await listening;
      expect(Date.now() - stopped).toBeLessThan(1_000);
    }
  });
});
