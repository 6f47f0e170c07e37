/** Where this repository lies, whether the code runs from source (tests) or from a bundle in dist/. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '@graft/contracts';

let found: string | undefined;

const isRoot = (folder: string): boolean => {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return false;
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown };
  return manifest.name === 'graft';
};

/**
 * The absolute path of the repository's root: the nearest folder above this file whose package is `graft`.
 * @throws AppError `internal` when the code was moved out of its repository.
 */
export const repositoryRoot = (): string => {
  if (found !== undefined) return found;
  const start = dirname(fileURLToPath(import.meta.url));
  for (let folder = start; ; folder = dirname(folder)) {
    if (isRoot(folder)) return (found = folder);
    if (folder === dirname(folder)) throw new AppError('internal', `no graft repository above ${start}`);
  }
};

/** An absolute path inside the repository. */
export const inRepository = (...parts: string[]): string => join(repositoryRoot(), ...parts);
