import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError } from '@graft/contracts';
import { tellSource } from '../spec-support/sources.js';
import { createFolderSource } from './folder-source.js';
import { createObjectSource, type ObjectReader } from './object-source.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-source-spec-'));
  await mkdir(join(folder, 'ants/.git'), { recursive: true });
  await mkdir(join(folder, 'bees'));
  await writeFile(join(folder, 'ants/a.jpg'), 'a');
  await writeFile(join(folder, 'ants/cafe\u0301.jpg'), 'b');
  await writeFile(join(folder, 'ants/.hidden'), 'c');
  await writeFile(join(folder, 'ants/large.jpg'), 'x'.repeat(11));
  await symlink('/etc/passwd', join(folder, 'ants/link.jpg'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a folder', () => {
  it('gives its files and folders, leaves hidden ones out, and follows no link', async () => {
    const told = await tellSource(createFolderSource(folder, { maxEntryBytes: 10 }));
    expect(told.files).toEqual({ 'ants/a.jpg': 'a', 'ants/caf\u00e9.jpg': 'b' });
    expect([...told.folders].sort()).toEqual(['ants', 'bees']);
    expect(Object.fromEntries(told.refused.map(({ path, reason }) => [path, reason]))).toEqual({
      'ants/large.jpg': 'too_many_bytes',
      'ants/link.jpg': 'unexpected_key',
    });
  });

  it('refuses a name that is not UTF-8, and a file that is gone', async () => {
    const odd = await mkdtemp(join(tmpdir(), 'graft-source-spec-'));
    await writeFile(Buffer.concat([Buffer.from(`${odd}/`), Buffer.of(0x61, 0xff, 0x2e, 0x6a)]), 'x');
    await writeFile(join(odd, 'gone.jpg'), 'x');
    const source = createFolderSource(odd);
    const refused: string[] = [];
    for await (const entry of source.entries()) {
      if (entry.kind === 'refused') refused.push(entry.detail);
      if (entry.kind !== 'file') continue;
      await rm(join(odd, 'gone.jpg'));
      await expect(entry.read()).rejects.toMatchObject({ code: 'image_unfit', message: 'it is gone' });
    }
    expect(refused).toEqual(['its name is not UTF-8']);
    await chmod(odd, 0o700);
    await rm(odd, { recursive: true });
  });

  it('that is not there is not found', async () => {
    await expect(tellSource(createFolderSource(join(folder, 'nowhere')))).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('nowhere'),
    });
  });
});

describe('objects under a prefix', () => {
  const objects = (held: Record<string, string>): ObjectReader => ({
    async *list(prefix) {
      for (const [key, text] of Object.entries(held)) {
        if (key.startsWith(prefix)) yield { key, sizeBytes: text.length };
      }
    },
    get: async (key, { maxBytes = Infinity } = {}) => {
      const text = held[key];
      if (text === 'grown') throw new AppError('too_large', 'too large');
      if (text === undefined || text === 'removed') return null;
      if (text.length > maxBytes) throw new Error('more was read than asked for');
      return { bytes: new TextEncoder().encode(text) };
    },
  });

  it('are named relative to it, and read no further than they were listed', async () => {
    const held = {
      'photos/ants/': '',
      'photos/ants/a.jpg': 'a',
      'photos/ants/.x': 'x',
      'photos/ants/gone.jpg': 'removed',
      'photos/ants/grown.jpg': 'grown',
      'photos-old/b.jpg': 'b',
      'photos/../c.jpg': 'c',
    };
    for (const prefix of ['photos', 'photos/']) {
      const told = await tellSource(createObjectSource({ objects: objects(held), prefix, name: 's3://x/photos' }));
      expect(told.files).toEqual({ 'ants/a.jpg': 'a' });
      expect(told.folders).toEqual(['ants']);
      expect(told.refused.map(({ path, detail }) => [path, detail])).toEqual([
        ['ants/gone.jpg', 'it is gone'],
        ['ants/grown.jpg', expect.stringContaining('replaced by a larger one')],
        ['../c.jpg', 'its name leads out of its folder'],
      ]);
    }
  });
});
