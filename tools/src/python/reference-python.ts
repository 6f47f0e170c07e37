/**
 * The reference Python: PyTorch, torchvision and timm, onnx and safetensors in a folder of the cache. Tests compare with
 * it, benches race it; nothing else needs it, and nothing goes into the user's own Python.
 */
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@graft/contracts';
import { inRepository } from '../repository.js';
import type { SetupTask } from '../setup-task.js';
import { ensureCacheEntry, isCacheEntryWhole, type OnProgress } from '../system/cache-entry.js';
import { makeFolder } from '../system/folders.js';
import { findPip, PYTHON, withElapsed } from '../system/python.js';
import { runCommand, tryCommand } from '../system/run-command.js';

const REQUIREMENTS = inRepository('tools/python/requirements.txt');
const INSTALL_TIMEOUT_MS = 40 * 60_000;
/** For compiling extensions: ten thousand files that would be looked at each time the cache is trusted. */
const NEVER_USED = ['bin', 'share', 'torch/include', 'torch/share'];
const TRY = 'import torch, torchvision, timm, onnx.checker, safetensors.torch, efficientnet_lite_pytorch';

export interface ReferencePython {
  readonly command: string;
  /** The whole environment of a process that imports the packages. */
  readonly env: NodeJS.ProcessEnv;
}

const PRINT_VERSION = 'import sys; print("%d.%d" % sys.version_info[:2])';

/** Its folder's name below the cache: one for each Python and list of packages. Null without Python. */
const entryName = async (): Promise<string | null> => {
  const version = await tryCommand(PYTHON, ['-c', PRINT_VERSION]);
  if (version === null) return null;
  const digest = createHash('sha256').update(await readFile(REQUIREMENTS));
  return `python/reference-${version.trim()}-${digest.digest('hex').slice(0, 12)}`;
};

const pythonIn = (folder: string): ReferencePython => ({
  command: PYTHON,
  env: { ...process.env, PYTHONPATH: folder, PYTHONNOUSERSITE: '1', PYTHONDONTWRITEBYTECODE: '1' },
});

const install = async (target: string, onProgress: OnProgress): Promise<void> => {
  // pip unpacks there first: gigabytes, which the system's own temporary folder may not hold.
  const scratch = await makeFolder(join(target, '.scratch'));
  const installing = runCommand(
    PYTHON,
    [
      ...[
        '-m',
        'pip',
        'install',
        '--quiet',
        '--no-color',
        '--no-input',
        '--disable-pip-version-check',
        '--no-cache-dir',
      ],
      ...['--no-deps', '--only-binary=:all:', '--no-binary=efficientnet-lite-pytorch'],
      ...['--target', target, '--requirement', REQUIREMENTS],
    ],
    { timeoutMs: INSTALL_TIMEOUT_MS, env: { ...process.env, TMPDIR: scratch, FORCE_COLOR: undefined } },
  ).catch((cause: unknown) => {
    const { message } = cause as Error;
    // pip's last word is the reason; before it come its retries.
    const reason = message.split('\n').findLast((line) => line.startsWith('ERROR:')) ?? message;
    throw new AppError('unavailable', `pip could not install PyTorch: ${reason}`, { cause });
  });
  await withElapsed(installing, (seconds) => onProgress(`installing PyTorch (2.4 GB to fetch): ${seconds} s`));
  for (const part of ['.scratch', ...NEVER_USED]) await rm(join(target, part), { recursive: true, force: true });
  onProgress('trying it');
  await runCommand(PYTHON, ['-c', TRY], { env: pythonIn(target).env }).catch((cause: unknown) => {
    throw new AppError('unavailable', `PyTorch was installed and does not work: ${(cause as Error).message}`, {
      cause,
    });
  });
  onProgress('taking its digests');
};

/**
 * The reference Python, installed first if it has to be: 2.4 GB to fetch, 4.1 GB on disk, about a minute on a fast line.
 * @throws AppError `missing_prerequisite` without Python 3 and pip, `unavailable` when pip can't get a package (no
 * connection, or none for this version of Python).
 */
export const ensureReferencePython = async (options: {
  readonly cacheDir: string;
  readonly onProgress?: OnProgress;
}): Promise<ReferencePython> => {
  const { cacheDir, onProgress = () => undefined } = options;
  const name = await entryName();
  if (name === null || (await findPip()) === null)
    throw new AppError('missing_prerequisite', 'PyTorch needs Python 3 with pip');
  return pythonIn(
    await ensureCacheEntry({ cacheDir, name, onProgress, fill: (target) => install(target, onProgress) }),
  );
};

/** The reference Python where it is installed already, else null: for tests, which fetch nothing. */
export const findReferencePython = async (options: { readonly cacheDir: string }): Promise<ReferencePython | null> => {
  const name = await entryName();
  if (name === null) return null;
  const folder = join(options.cacheDir, name);
  return (await isCacheEntryWhole(folder)) ? pythonIn(folder) : null;
};

/** Where it can't be had the rest goes on, and the tests that compare with it are skipped. */
export const referencePythonTask = (cacheDir: string): SetupTask => ({
  title: 'PyTorch, to compare with',
  run: async (onProgress) => {
    try {
      await ensureReferencePython({ cacheDir, onProgress });
      return;
    } catch (error) {
      if (!(error instanceof AppError) || !['missing_prerequisite', 'unavailable'].includes(error.code)) throw error;
      return `left out, and the tests that need it are skipped: ${error.message}`;
    }
  },
});
