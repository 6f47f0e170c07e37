import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createFilesystemStore, createMemoryStore, createMinioStore, type BucketEvent } from './index.js';
import { keyOfRecord } from './minio-events.js';
import { fromMetadataHeaders, toMetadataHeaders } from './minio-metadata.js';
import { objectStoreContract } from './testing/object-store-contract.js';

const folders: string[] = [];
const newFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'graft-store-'));
  folders.push(folder);
  return folder;
};
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

objectStoreContract('memory', async () => ({ store: createMemoryStore() }));
objectStoreContract('filesystem', async () => ({ store: createFilesystemStore(join(await newFolder(), 'bucket')) }));

describe('the filesystem store', () => {
  it('does not follow a link out of its folder', async () => {
    const folder = await newFolder();
    await mkdir(join(folder, 'outside'));
    await mkdir(join(folder, 'bucket'));
    await writeFile(join(folder, 'outside/secret'), 's');
    await symlink(join(folder, 'outside'), join(folder, 'bucket/link'));
    await symlink(join(folder, 'outside/secret'), join(folder, 'bucket/file'));
    const store = createFilesystemStore(join(folder, 'bucket'));
    await expect(store.get('link/secret')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(store.put('link/new', new Uint8Array(1))).rejects.toMatchObject({ code: 'forbidden' });
    expect(await store.get('file')).toBeNull();
    for await (const { key } of store.list('')) throw new Error(`listed ${key}`);
  });

  it('keeps its own folder to itself, and tells of a folder in the way', async () => {
    const store = createFilesystemStore(await newFolder());
    await expect(store.put('.graft-store/writing/x', new Uint8Array(1))).rejects.toMatchObject({
      code: 'invalid_request',
    });
    await store.put('a/b', new Uint8Array(1));
    await expect(store.put('a', new Uint8Array(1))).rejects.toMatchObject({ code: 'conflict' });
    await expect(store.put('a/b/c', new Uint8Array(1))).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('the memory store', () => {
  it('tells of what is created under a prefix until it is aborted', async () => {
    const store = createMemoryStore();
    const abort = new AbortController();
    const seen: BucketEvent[] = [];
    const listening = (async () => {
      for await (const event of store.created({ signal: abort.signal, prefix: 'in/' })) {
        seen.push(event);
        if (seen.length === 2) abort.abort();
      }
    })();
    await new Promise((resolve) => setImmediate(resolve));
    for (const key of ['in/a', 'out/b', 'in/c']) await store.put(key, new Uint8Array(1));
    await listening;
    expect(seen).toEqual([{ key: 'in/a' }, { key: 'in/c' }]);
  });
});

describe('the minio store without a server', () => {
  const credentials = { accessKey: 'a', secretKey: 'not-for-messages', bucket: 'artifacts' };

  it('says unavailable with the endpoint when nothing listens there', async () => {
    const store = createMinioStore({ endpoint: 'http://127.0.0.1:9', ...credentials });
    const refused = { code: 'unavailable', message: expect.stringContaining('http://127.0.0.1:9') as unknown };
    await expect(store.get('a/b')).rejects.toMatchObject(refused);
    await expect(store.put('a/b', new Uint8Array(1))).rejects.toMatchObject(refused);
    await expect(store.ensureBucket()).rejects.toMatchObject(refused);
    await expect(store.list('a/')[Symbol.asyncIterator]().next()).rejects.toMatchObject(refused);
  });

  it('gives up on a server that takes the connection and says nothing', async () => {
    const silent = createServer((socket) => socket.on('error', () => {}).resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const store = createMinioStore({ endpoint, ...credentials, idleTimeoutMs: 50 });
    await expect(store.head('a/b')).rejects.toMatchObject({ code: 'unavailable' });
    await new Promise((resolve) => silent.close(resolve));
  });

  it('refuses an endpoint that is none', () => {
    for (const endpoint of ['127.0.0.1:9000', 'http://h/path', 'ftp://h']) {
      expect(() => createMinioStore({ endpoint, ...credentials })).toThrow(/http:\/\/host:port/);
    }
  });

  it('takes the key of an event as it is', () => {
    expect(keyOfRecord({ s3: { object: { key: 'flowers/rose/a+b%41 é.png' } } })).toBe('flowers/rose/a+b%41 é.png');
    expect(keyOfRecord({ s3: {} })).toBeNull();
    expect(keyOfRecord(null)).toBeNull();
  });

  it('decodes metadata as other clients write it', () => {
    expect(toMetadataHeaders({ Group: 'é' })).toEqual({ 'x-amz-meta-group': '=?UTF-8?B?w6k=?=' });
    const latin1 = Buffer.from('é花').toString('latin1');
    expect(
      fromMetadataHeaders({ 'x-amz-meta-q': '=?UTF-8?Q?caf=C3=A9_x?=', 'x-amz-meta-raw': latin1, etag: 'x' }),
    ).toEqual({ q: 'café x', raw: 'é花' });
  });
});
