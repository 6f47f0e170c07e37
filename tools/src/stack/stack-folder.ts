/** Where a stack keeps its things: `<stateDir>/stacks/<name>`. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@graft/contracts';
import { graftPaths } from '@graft/platform';
import { withLock } from '../system/file-lock.js';

export const DEFAULT_STACK = 'default';

/** Fits in a folder's name and in a label. */
const NAME = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/;

/** @throws AppError `usage` when the name won't do. */
export const checkStackName = (name: string): string => {
  if (NAME.test(name)) return name;
  throw new AppError(
    'usage',
    `stack name "${name}": expected 1–40 of a–z, 0–9 and "-", starting and ending with a letter or digit`,
  );
};

/** How a person would type a command for that stack: `./graft up`, `./graft up --stack demo`. */
export const graftCommand = (command: string, stack: string): string =>
  `./graft ${command}${stack === DEFAULT_STACK ? '' : ` --stack ${stack}`}`;

const stacksFolder = (): string => join(graftPaths().stateDir, 'stacks');

export const stackFolder = (name: string): string => join(stacksFolder(), checkStackName(name));

/** The names of all stacks that have a folder, running or not. */
export const listStacks = async (): Promise<string[]> => {
  const entries = await readdir(stacksFolder(), { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && NAME.test(entry.name))
    .map((entry) => entry.name)
    .sort();
};

/** Changes of one stack take turns, between processes too. */
export const withStackLock = <T>(name: string, act: () => Promise<T>, onWait?: (pid: number) => void): Promise<T> =>
  withLock(join(stacksFolder(), `.${checkStackName(name)}.lock`), act, onWait ? { onWait } : {});
