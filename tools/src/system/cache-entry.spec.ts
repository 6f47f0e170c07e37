import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ensureCacheEntry } from './cache-entry.js';

let cacheDir: string;
let fills: number;
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'graft-cache-'));
  fills = 0;
});
afterEach(() => rm(cacheDir, { recursive: true }));

const ensure = (): Promise<string> =>
  ensureCacheEntry({
    cacheDir,
    name: 'programs/tool-1',
    fill: async (folder) => {
      fills += 1;
      await writeFile(join(folder, 'tool'), 'the program');
    },
  });

describe('a cache entry', () => {
  it('is made once, also when two ask for it at once', async () => {
    const [one, other] = await Promise.all([ensure(), ensure()]);
    expect(one).toBe(other);
    await ensure();
    expect(fills).toBe(1);
    expect(await readFile(join(one, 'tool'), 'utf8')).toBe('the program');
  });

  it.each([
    ['was cut short', (file: string) => truncate(file, 3)],
    ['was overwritten with as many bytes', (file: string) => writeFile(file, 'THE PROGRAM')],
    ['is missing', (file: string) => rm(file)],
  ])('is made again when a file of it %s', async (_name, damage) => {
    await damage(join(await ensure(), 'tool'));
    const folder = await ensure();
    expect(fills).toBe(2);
    expect(await readFile(join(folder, 'tool'), 'utf8')).toBe('the program');
  });

  it('is trusted when only the time of a file changed', async () => {
    const file = join(await ensure(), 'tool');
    await utimes(file, new Date(0), new Date(0));
    await ensure();
    expect(fills).toBe(1);
    expect((await stat(file)).mtimeMs).toBeGreaterThan(0);
  });

  it('leaves nothing behind when it can not be made', async () => {
    const failing = ensureCacheEntry({
      cacheDir,
      name: 'programs/tool-2',
      fill: async (folder) => {
        await writeFile(join(folder, 'half'), '');
        throw new Error('no network');
      },
    });
    await expect(failing).rejects.toThrow('no network');
    expect(existsSync(join(cacheDir, 'programs/tool-2'))).toBe(false);
    expect(await readdir(join(cacheDir, 'programs'))).toEqual([]);
  });
});
