import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError, digestOfText } from '@graft/contracts';
import { resolveWeights } from './resolve-weights.js';
import { cachedWeights } from './weights-cache.js';
import type { WeightsSource } from './weights-source.js';

let cacheDir: string;
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'graft-weights-'));
});
afterEach(() => rm(cacheDir, { recursive: true, force: true }));

const kept = (): Promise<string[]> => readdir(join(cacheDir, 'weights')).catch(() => []);

describe('a local file', () => {
  it('is taken as it is, with its digest checked', async () => {
    const path = join(cacheDir, 'w.pth');
    await writeFile(path, 'weights');
    const digest = digestOfText('weights');
    expect(await resolveWeights(path, { cacheDir, expectedDigest: digest })).toEqual({ path, digest });
    expect(await resolveWeights(`file:${path}`, { cacheDir, expectedDigest: null })).toEqual({ path, digest });
    const other = resolveWeights(path, { cacheDir, expectedDigest: digestOfText('other') });
    await expect(other).rejects.toMatchObject({ code: 'corrupt' });
    const missing = resolveWeights(join(cacheDir, 'missing.pth'), { cacheDir });
    await expect(missing).rejects.toMatchObject({ code: 'not_found' });
    expect(await kept()).toEqual([]);
  });
});

describe('an object', () => {
  const store = new Map([['bucket/a/net.pth', 'weights']]);
  const asked: string[] = [];
  const objects = {
    read: async (bucket: string, key: string) => {
      asked.push(`${bucket}/${key}`);
      const content = store.get(`${bucket}/${key}`);
      if (content === undefined) throw new AppError('not_found', `no object ${key} in ${bucket}`);
      return key.endsWith('.bin') ? new TextEncoder().encode(content) : Readable.from([Buffer.from(content)]);
    },
  };

  it('is read once, by either name of the scheme, as a stream or as bytes', async () => {
    const first = await resolveWeights('s3://bucket/a/net.pth', { cacheDir, objects });
    expect(await readFile(first.path, 'utf8')).toBe('weights');
    store.set('bucket/a/net.pth', 'changed since');
    expect(await resolveWeights('minio://bucket/a/net.pth', { cacheDir, objects })).toEqual(first);
    expect(asked).toEqual(['bucket/a/net.pth']);
    store.set('bucket/b.bin', 'bytes');
    const bytes = await resolveWeights(`s3://bucket/b.bin#sha256=${digestOfText('bytes')}`, { cacheDir, objects });
    expect(bytes.digest).toBe(digestOfText('bytes'));
  });

  it('is refused when it is missing, another one, or there is no store to read it from', async () => {
    const missing = resolveWeights('s3://bucket/none', { cacheDir, objects });
    await expect(missing).rejects.toMatchObject({ code: 'not_found' });
    const other = resolveWeights(`s3://bucket/a/net.pth#sha256=${digestOfText('x')}`, { cacheDir, objects });
    await expect(other).rejects.toMatchObject({ code: 'corrupt' });
    const nowhere = resolveWeights('s3://bucket/a/net.pth', { cacheDir });
    await expect(nowhere).rejects.toMatchObject({ code: 'missing_prerequisite' });
    expect(await kept()).toEqual([]);
  });
});

describe('the digest first seen', () => {
  let content = 'first';
  const source = (isImmutable: boolean): WeightsSource => ({
    identity: `test:${isImmutable}`,
    fileName: '../../climbs/out.pth',
    isImmutable,
    fetch: async ({ folder }) => {
      const path = join(folder, 'file');
      await writeFile(path, content);
      return { path, revision: 'c0ffee' };
    },
  });
  const resolve = (isImmutable: boolean, expected: readonly string[] = []) =>
    cachedWeights(source(isImmutable), {
      cacheDir,
      expected,
      context: { reference: 'test', onProgress: () => undefined },
    });

  it('binds a reference that can not change', async () => {
    content = 'first';
    const first = await resolve(true);
    expect(first.revision).toBe('c0ffee');
    expect(await resolve(true)).toEqual(first);
    await rm(first.path);
    expect(await resolve(true)).toEqual(first);
    content = 'second';
    await rm(first.path);
    await expect(resolve(true)).rejects.toMatchObject({
      code: 'corrupt',
      details: { expected: digestOfText('first') },
    });
    // Who says what is expected, knows better.
    expect((await resolve(true, [digestOfText('second')])).digest).toBe(digestOfText('second'));
    expect((await resolve(true)).digest).toBe(digestOfText('second'));
  });

  it('gives way where a reference may change, once the cached file is gone or damaged', async () => {
    content = 'first';
    const first = await resolve(false);
    content = 'second';
    expect(await resolve(false)).toEqual(first);
    await writeFile(first.path, 'damaged');
    expect((await resolve(false)).digest).toBe(digestOfText('second'));
  });

  it('is taken again when its note was cut off', async () => {
    content = 'first';
    const first = await resolve(true);
    await writeFile(`${first.path}.json`, '{"dig');
    expect(await resolve(true)).toEqual(first);
    expect(await kept()).toHaveLength(2);
    expect((await kept()).every((name) => name.includes('climbs_out.pth'))).toBe(true);
  });

  it('leaves nothing where what came was not what its place says', async () => {
    const lying: WeightsSource = {
      ...source(true),
      fetch: async (context) => ({ ...(await source(true).fetch(context)), statedDigest: digestOfText('other') }),
    };
    const options = { cacheDir, expected: [], context: { reference: 'test', onProgress: () => undefined } };
    await expect(cachedWeights(lying, options)).rejects.toMatchObject({ code: 'corrupt' });
    expect(await kept()).toEqual([]);
  });
});
