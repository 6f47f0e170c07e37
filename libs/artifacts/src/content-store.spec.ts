import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { digestOfBytes, type BlobStore } from '@graft/contracts';
import { z } from 'zod';
import { contentKey, createContentStore, createMemoryStore, readDocument, writeDocument } from './index.js';

const bytes = new TextEncoder().encode('some bytes');
const digest = digestOfBytes(bytes);

describe('the content store', () => {
  let objects: ReturnType<typeof createMemoryStore>;
  let blobs: BlobStore;
  beforeEach(() => {
    objects = createMemoryStore();
    blobs = createContentStore(objects);
  });

  const large = new Uint8Array(300_000).fill(7);
  const largeDigest = digestOfBytes(large);

  it('keeps bytes under their sha256, once', async () => {
    expect(await blobs.has(digest)).toBe(false);
    expect(await blobs.put(bytes)).toBe(digest);
    expect(await blobs.put(bytes)).toBe(digest);
    const keys: string[] = [];
    for await (const { key } of objects.list('')) keys.push(key);
    expect(keys).toEqual([contentKey(digest)]);
    expect(await blobs.has(digest)).toBe(true);
    expect(await blobs.get(digest)).toEqual(bytes);
    expect(contentKey(digest)).toBe(`sha256/${digest.slice(0, 2)}/${digest}`);
  });

  it('asks before it sends what is large, and sends what is small at once', async () => {
    const put = jest.spyOn(objects, 'put');
    const head = jest.spyOn(objects, 'head');
    await blobs.put(large);
    await blobs.put(large);
    expect([head.mock.calls.length, put.mock.calls.length]).toEqual([2, 1]);
    await blobs.put(bytes);
    expect([head.mock.calls.length, put.mock.calls.length]).toEqual([2, 2]);
  });

  it('names the digest that is not there', async () => {
    await expect(blobs.get(digest)).rejects.toMatchObject({ code: 'not_found', details: { digest } });
  });

  it('refuses damaged bytes, naming what was asked and what was found', async () => {
    const other = new TextEncoder().encode('other byte');
    await objects.put(contentKey(digest), other);
    await expect(blobs.get(digest)).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining(digest) as unknown,
      details: { digest, found: digestOfBytes(other), sizeBytes: 10 },
    });
  });

  it('repairs what has another size', async () => {
    for (const [id, whole] of [
      [digest, bytes],
      [largeDigest, large],
    ] as const) {
      await objects.put(contentKey(id), whole.subarray(0, 3));
      await blobs.put(whole);
      expect(await blobs.get(id)).toEqual(whole);
    }
  });

  it('writes and reads documents by their schema', async () => {
    const schema = z.object({ b: z.number(), a: z.string() });
    const id = await writeDocument(blobs, schema, { b: 1, a: 'x' });
    expect(new TextDecoder().decode(await blobs.get(id))).toBe('{"a":"x","b":1}');
    expect(await readDocument(blobs, schema, id)).toEqual({ a: 'x', b: 1 });
    await expect(readDocument(blobs, z.object({ c: z.string() }), id)).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringMatching(/c/) as unknown,
    });
    const noJson = await blobs.put(bytes);
    await expect(readDocument(blobs, schema, noJson)).rejects.toMatchObject({ code: 'corrupt' });
  });
});
