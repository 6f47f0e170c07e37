/** Photos that a developer's machine may have beside the checkout, and CI too. Not part of the project. */
import { readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@graft/tools';

const FOLDER = join(repositoryRoot(), '../shared/data/hymenoptera');

/** Ants and bees: the photos of a folder of that set (`val`: 153 of them), or null where the set isn't. */
export const findHymenoptera = async (part: 'train' | 'val'): Promise<readonly string[] | null> => {
  const folder = join(FOLDER, part);
  if (!existsSync(folder)) return null;
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => name.endsWith('.jpg'))
    .sort()
    .map((name) => join(folder, name));
};
