/** Fetches a wheel through pip, which brings its own index configuration, proxies and hash checks of the index. */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '@graft/contracts';

const run = promisify(execFile);
const TIMEOUT_MS = 600_000;

const isMissing = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';

/** pip's last words, without what a configured index URL may hold of credentials. */
const lastWords = (error: unknown): string => {
  const text = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : '';
  const line =
    text
      .trim()
      .split('\n')
      .findLast((candidate) => candidate.startsWith('ERROR')) ?? 'no message';
  return line.replaceAll(/\/\/[^/\s@]*@/g, '//').slice(0, 500);
};

/**
 * Downloads exactly one wheel into a folder, without its dependencies and without running anything of it.
 * @returns the wheel's path.
 * @throws AppError `missing_prerequisite` without python3, `unavailable` when pip can't get it.
 */
export const downloadWheel = async (options: { package: string; version: string; folder: string }): Promise<string> => {
  const requirement = `${options.package}==${options.version}`;
  try {
    await run(
      'python3',
      [
        ...['-m', 'pip', 'download', '--quiet', '--no-color', '--disable-pip-version-check', '--no-input'],
        ...['--no-deps', '--only-binary=:all:', '--dest', options.folder, '--', requirement],
      ],
      // Its last words are read: no colours, whatever else is told to have them.
      { timeout: TIMEOUT_MS, env: { ...process.env, FORCE_COLOR: undefined } },
    );
  } catch (error) {
    if (isMissing(error))
      throw new AppError('missing_prerequisite', `python3 with pip is needed to fetch ${requirement}; install both`, {
        cause: error,
      });
    throw new AppError('unavailable', `pip could not download ${requirement}: ${lastWords(error)}`, {
      details: { requirement },
    });
  }
  const [wheel, ...others] = (await readdir(options.folder)).filter((file) => file.endsWith('.whl'));
  if (wheel === undefined || others.length > 0)
    throw new AppError('unavailable', `pip left ${others.length + (wheel === undefined ? 0 : 1)} wheels, expected one`);
  return join(options.folder, wheel);
};
