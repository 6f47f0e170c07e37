/**
 * What every object store has to do, as tests: each adapter's spec runs this suite on a store of its own.
 * `@graft/artifacts/testing` exports it for the adapters whose servers can't be started from here.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ObjectStore } from '../object-store.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

const keysOf = async (store: ObjectStore, prefix: string): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
};

export interface ObjectStoreUnderTest {
  readonly store: ObjectStore;
  readonly close?: () => Promise<void>;
}

/** @param open gives an empty store whose bucket isn't there yet. */
export const objectStoreContract = (name: string, open: () => Promise<ObjectStoreUnderTest>): void => {
  describe(`${name}, as an object store`, () => {
    let opened: ObjectStoreUnderTest;
    let store: ObjectStore;

    beforeAll(async () => {
      opened = await open();
      store = opened.store;
      await store.ensureBucket();
    });

    afterAll(async () => {
      await opened?.close?.();
    });

    it('makes the bucket only once', async () => {
      await store.ensureBucket();
    });

    it('gives back bytes, size, etag, time and metadata', async () => {
      const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
      const before = Date.now();
      const info = await store.put('round/trip.bin', bytes, {
        mediaType: 'application/octet-stream',
        metadata: { group: '1F600', Source: 'camera 7' },
      });
      expect(info).toMatchObject({ key: 'round/trip.bin', sizeBytes: 256 });
      const object = await store.get('round/trip.bin');
      expect(object?.bytes).toEqual(bytes);
      expect(object).toMatchObject({ key: 'round/trip.bin', sizeBytes: 256, etag: info.etag });
      expect(object?.metadata).toEqual({ group: '1F600', source: 'camera 7' });
      // Object stores tell the time in whole seconds.
      expect(Math.abs((object?.lastModified.getTime() ?? 0) - before)).toBeLessThan(5_000);
      expect(await store.head('round/trip.bin')).toMatchObject({ sizeBytes: 256, etag: info.etag });
    });

    it('opens an object to be read piece by piece', async () => {
      const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 251);
      const { etag } = await store.put('opened/large.bin', bytes);
      const opened = await store.open('opened/large.bin');
      expect(opened).toMatchObject({ key: 'opened/large.bin', sizeBytes: 300_000, etag });
      const pieces: Uint8Array[] = [];
      for await (const piece of opened?.body ?? []) pieces.push(piece);
      expect(pieces.length).toBeGreaterThan(1);
      expect(new Uint8Array(Buffer.concat(pieces))).toEqual(bytes);
      expect(await store.open('opened/nothing')).toBeNull();
    });

    it('puts a file, with what is said of it, and tells it when it is opened', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'graft-put-file-'));
      try {
        const bytes = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 31) % 253);
        await writeFile(join(folder, 'file'), bytes);
        const options = { mediaType: 'image/webp', metadata: { group: '花 7' } };
        const { etag } = await store.putFile('filed/a.bin', join(folder, 'file'), options);
        expect(await store.get('filed/a.bin')).toMatchObject({
          sizeBytes: 200_000,
          etag,
          bytes,
          metadata: { group: '花 7' },
        });
        const opened = await store.open('filed/a.bin');
        for await (const piece of opened?.body ?? []) expect(piece.length).toBeGreaterThan(0);
        expect(opened?.metadata).toEqual({ group: '花 7' });
        expect([null, 'image/webp']).toContain(opened?.mediaType);
        await writeFile(join(folder, 'empty'), '');
        await store.putFile('filed/empty', join(folder, 'empty'));
        expect(await store.head('filed/empty')).toMatchObject({ sizeBytes: 0 });
        await expect(store.putFile('filed/none', join(folder, 'none'))).rejects.toThrow();
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });

    it('lets go of an object that was opened and left', async () => {
      await store.put('opened/left.bin', new Uint8Array(3_000_000));
      for (let i = 0; i < 80; i += 1) {
        for await (const piece of (await store.open('opened/left.bin'))?.body ?? []) if (piece.length > 0) break;
      }
      expect(await store.head('opened/left.bin')).toMatchObject({ sizeBytes: 3_000_000 });
    });

    it('keeps metadata that is not ASCII, and spaces at its ends', async () => {
      const metadata = { group: 'Übergröße 花 ', source: '=?not encoded?=', split: 'a_b=c' };
      await store.put('metadata/odd', bytesOf('x'), { metadata });
      expect((await store.get('metadata/odd'))?.metadata).toEqual(metadata);
    });

    it('keeps an empty object', async () => {
      await store.put('empty/object', new Uint8Array());
      expect(await store.get('empty/object')).toMatchObject({ sizeBytes: 0, metadata: {} });
    });

    it('keeps a view of a larger buffer as just that view', async () => {
      const whole = bytesOf('0123456789');
      await store.put('view/object', whole.subarray(3, 6));
      expect(textOf((await store.get('view/object'))?.bytes)).toBe('345');
    });

    it('replaces an object whole: bytes, etag and metadata', async () => {
      const first = await store.put('replaced/object', bytesOf('first'), { metadata: { group: 'one' } });
      const second = await store.put('replaced/object', bytesOf('second'));
      expect(second.etag).not.toBe(first.etag);
      const object = await store.get('replaced/object');
      expect(textOf(object?.bytes)).toBe('second');
      expect(object?.metadata).toEqual({});
    });

    it('says null for what is not there', async () => {
      expect(await store.get('nothing/here')).toBeNull();
      expect(await store.head('nothing/here')).toBeNull();
      expect(await keysOf(store, 'nothing/')).toEqual([]);
    });

    it('refuses an object larger than allowed, and gives one that is just as large', async () => {
      await store.put('large/object', new Uint8Array(1_000));
      await expect(store.get('large/object', { maxBytes: 999 })).rejects.toMatchObject({ code: 'too_large' });
      expect((await store.get('large/object', { maxBytes: 1_000 }))?.sizeBytes).toBe(1_000);
    });

    it('lists what is under a prefix, by key, in the order of UTF-8', async () => {
      const keys = [
        'list/a',
        'list/a b+c&d%20=e',
        'list/a-b/x',
        'list/a/b',
        'list/a/b-c',
        'list/ab',
        'list/naïve/été.png',
        'list/\u{ff5e}',
        'list/\u{1f600}.png',
      ].filter((key) => key !== 'list/a');
      for (const key of [...keys].reverse()) await store.put(key, bytesOf(key));
      await store.put('list-not/this', bytesOf('x'));
      expect(await keysOf(store, 'list/')).toEqual(keys);
      expect(await keysOf(store, 'list/a/b')).toEqual(['list/a/b', 'list/a/b-c']);
      for (const key of keys) expect(textOf((await store.get(key))?.bytes)).toBe(key);
      for await (const info of store.list('list/a/b-c')) {
        expect(info).toMatchObject({ sizeBytes: 10, etag: (await store.head(info.key))?.etag });
        expect(info.lastModified).toBeInstanceOf(Date);
      }
    });

    it('lists more objects than fit in one page', async () => {
      const keys = Array.from({ length: 1_205 }, (_, index) => `pages/${String(index).padStart(5, '0')}`);
      for (let start = 0; start < keys.length; start += 50) {
        await Promise.all(keys.slice(start, start + 50).map((key) => store.put(key, bytesOf(key))));
      }
      expect(await keysOf(store, 'pages/')).toEqual(keys);
      const later: string[] = [];
      for await (const { key } of store.list('pages/', { after: 'pages/00200' })) later.push(key);
      expect(later).toEqual(keys.slice(201));
      // Stopping early is no error.
      for await (const { key } of store.list('pages/')) {
        expect(key).toBe('pages/00000');
        break;
      }
    });

    it('erases an object alone, and has no quarrel with one that is gone', async () => {
      await store.put('erased/object', bytesOf('x'));
      await store.put('erased/object-of-another', bytesOf('y'));
      await store.erase('erased/object');
      await store.erase('erased/object');
      expect(await keysOf(store, 'erased/')).toEqual(['erased/object-of-another']);
    });

    it('removes an object, and has no quarrel with one that is gone', async () => {
      await store.put('removed/object', bytesOf('x'), { metadata: { group: 'g' } });
      await store.remove('removed/object');
      await store.remove('removed/object');
      expect(await store.get('removed/object')).toBeNull();
      await store.put('removed/object', bytesOf('y'));
      expect((await store.get('removed/object'))?.metadata).toEqual({});
    });

    it.each(['', '/absolute', '../outside', 'a/../../b', 'a//b', 'a/./b', 'a/', 'nul\u0000', 'x'.repeat(1_025)])(
      'refuses the key %j',
      async (key) => {
        const refused = { code: 'invalid_request' };
        await expect(store.put(key, bytesOf('x'))).rejects.toMatchObject(refused);
        await expect(store.get(key)).rejects.toMatchObject(refused);
        await expect(store.head(key)).rejects.toMatchObject(refused);
        await expect(store.remove(key)).rejects.toMatchObject(refused);
      },
    );

    it('keeps many writes of one key apart: the last whole one wins', async () => {
      const bodies = Array.from({ length: 12 }, (_, index) => `${index}`.repeat(10_000));
      await Promise.all(bodies.map((body) => store.put('raced/object', bytesOf(body))));
      expect(bodies).toContain(textOf((await store.get('raced/object'))?.bytes));
    });
  });
};
