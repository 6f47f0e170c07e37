import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findImageFiles } from './image-files.js';
import { parsePhi, parseSize } from './options.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-images-'));
  await mkdir(join(folder, 'bees/2026'), { recursive: true });
  for (const file of ['b.png', 'a.JPG', 'notes.txt', 'bees/2026/c.webp']) await writeFile(join(folder, file), 'x');
});
afterAll(() => rm(folder, { recursive: true }));

describe('images that a command was pointed at', () => {
  it('are the files named, and those in folders at any depth, in the order of their paths', async () => {
    const found = await findImageFiles([join(folder, 'notes.txt'), folder]);
    expect(found.map((path) => path.slice(folder.length + 1))).toEqual([
      'notes.txt',
      'a.JPG',
      'b.png',
      'bees/2026/c.webp',
    ]);
  });

  it('are missed by name: a path that is not there, a folder without any', async () => {
    await expect(findImageFiles([join(folder, 'nowhere')])).rejects.toMatchObject({ code: 'not_found' });
    await mkdir(join(folder, 'empty'));
    await expect(findImageFiles([join(folder, 'empty')])).rejects.toThrow('no JPEG, PNG or WebP file');
  });
});

describe('sizes and scales', () => {
  it('are one number or height×width, and nothing else', () => {
    expect(parseSize('224')).toEqual({ height: 224, width: 224 });
    expect(parseSize('192x256')).toEqual({ height: 192, width: 256 });
    for (const text of ['0', '-3', '2.5', '192x', 'wide', '']) expect(() => parseSize(text)).toThrow('expected pixels');
    expect(parsePhi('-1.5')).toBe(-1.5);
    for (const text of ['', 'two', 'NaN']) expect(() => parsePhi(text)).toThrow('expected a number for φ');
  });
});
