import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { folderStory } from './story.js';

let folder = '';
afterEach(() => rm(folder, { recursive: true, force: true }));

const folderWith = async (paths: readonly string[]): Promise<string> => {
  folder = await mkdtemp(join(tmpdir(), 'graft-story-'));
  for (const path of paths) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), path);
  }
  return folder;
};

const names = (files: readonly { label: string; fileName: string }[]): string[] =>
  files.map(({ label, fileName }) => `${label}/${fileName}`).sort();

describe('folderStory', () => {
  it('lands every val image and half of each training label first, the rest later', async () => {
    const story = await folderStory(
      await folderWith([
        'train/ants/1',
        'train/ants/2',
        'train/ants/3',
        'train/bees/4',
        'train/bees/5',
        'val/ants/6',
        'val/bees/7',
      ]),
    );
    expect(names(story.landings[0].files)).toEqual(['ants/1', 'ants/3', 'ants/6', 'bees/4', 'bees/7']);
    expect(names(story.landings[1].files)).toEqual(['ants/2', 'bees/5']);
    expect(story.accuracyBy).toBe('val');
  });

  it('tells accuracy for a test split of its own where the folder fixes none', async () => {
    const story = await folderStory(await folderWith(['ants/1', 'ants/2', 'bees/3', 'bees/4']));
    expect(names(story.landings[1].files)).toEqual(['ants/2', 'bees/4']);
    expect(story.accuracyBy).toBe('test');
  });

  it('says what layout it expects when it finds nothing', async () => {
    await expect(folderStory(await folderWith(['loose.jpg']))).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('<label>/<file>'),
    });
  });
});
