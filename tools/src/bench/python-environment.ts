/** The Python packages that peers need, in a folder of the cache: nothing goes into the user's own Python. */
import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { AppError } from '@graft/contracts';
import { inRepository } from '../repository.js';
import { ensureCacheEntry, type OnProgress } from '../system/cache-entry.js';
import { findPip, PYTHON, withElapsed } from '../system/python.js';
import { runCommand } from '../system/run-command.js';

export const PEERS = inRepository('tools/bench/peers');
const REQUIREMENTS = inRepository('tools/bench/peers/requirements.txt');

const INSTALL_TIMEOUT_MS = 40 * 60_000;

export interface PythonEnvironment {
  readonly command: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Installs the peers' requirements once for each Python and list of packages.
 * @throws AppError `missing_prerequisite` without Python 3 and pip, `unavailable` when pip can't get a package.
 */
export const ensurePeerPython = async (options: {
  readonly cacheDir: string;
  readonly onProgress?: OnProgress;
}): Promise<PythonEnvironment> => {
  const { cacheDir, onProgress = () => undefined } = options;
  if ((await findPip()) === null) {
    throw new AppError('missing_prerequisite', 'the peers of a bench need Python 3 with pip');
  }
  const version = await runCommand(PYTHON, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']);
  const digest = createHash('sha256')
    .update(await readFile(REQUIREMENTS))
    .digest('hex')
    .slice(0, 12);
  const folder = await ensureCacheEntry({
    cacheDir,
    name: `bench/python${version}-${digest}`,
    onProgress,
    fill: async (target) => {
      const installing = runCommand(
        PYTHON,
        [
          ...['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check', '--no-cache-dir'],
          ...['--no-deps', '--only-binary=:all:', '--no-binary=efficientnet-lite-pytorch'],
          ...['--target', target, '--requirement', REQUIREMENTS],
        ],
        { timeoutMs: INSTALL_TIMEOUT_MS },
      ).catch((cause: unknown) => {
        throw new AppError('unavailable', `pip could not install the peers: ${(cause as Error).message}`, { cause });
      });
      await withElapsed(installing, (seconds) => onProgress(`installing PyTorch for the peers (2 GB): ${seconds} s`));
    },
  });
  return {
    command: PYTHON,
    env: { ...process.env, PYTHONPATH: folder, PYTHONNOUSERSITE: '1', PYTHONDONTWRITEBYTECODE: '1' },
  };
};
