/** Where this repository lies, whether the code runs from source (tests) or from a bundle in dist/. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '@graft/contracts';

const isRoot = (folder: string): boolean => {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return false;
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown };
  return manifest.name === 'graft';
};

const findRoot = (): string => {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let folder = start; ; folder = dirname(folder)) {
    if (isRoot(folder)) return folder;
    if (folder === dirname(folder)) throw new AppError('internal', `no graft repository above ${start}`);
  }
};

let root: string | undefined;

/** The absolute path of the repository's root: the nearest folder above this file whose package is `graft`. */
export const repositoryRoot = (): string => (root ??= findRoot());

/** An absolute path inside the repository. */
export const inRepository = (...parts: string[]): string => join(repositoryRoot(), ...parts);
