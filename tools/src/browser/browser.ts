/**
 * The browser that tests and benches look at the console with: one on PATH, else one that playwright has installed, else Debian's
 * chromium by apt-get, where this is root. Nothing else of Graft needs one.
 */
import { existsSync } from 'node:fs';
import { AppError } from '@graft/contracts';
import type { Browser } from 'playwright-core';
import { findOnPath } from '../binaries/resolve-binary.js';
import type { SetupTask } from '../setup-task.js';
import type { OnProgress } from '../system/cache-entry.js';
import { withElapsed } from '../system/python.js';
import { runCommand, tryCommand } from '../system/run-command.js';

/** Names a browser to be used as it is. */
const VARIABLE = 'GRAFT_BROWSER';
const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'] as const;
const INSTALL_TIMEOUT_MS = 10 * 60_000;

/** The path of a Chromium; null where there is none. */
export const findBrowser = async (
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string | null> => {
  const given = env[VARIABLE];
  if (given !== undefined && given !== '') return given;
  for (const program of PROGRAMS) {
    const path = findOnPath(program, env['PATH']);
    if (path !== null) return path;
  }
  const { chromium } = await import('playwright-core');
  const own = chromium.executablePath();
  return own !== '' && existsSync(own) ? own : null;
};

/** @param program the browser's path */
export const launchBrowser = async (program: string): Promise<Browser> => {
  const { chromium } = await import('playwright-core');
  // Root, as containers are, may have no sandbox.
  return chromium.launch({ executablePath: program, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
};

/** As root alone, and where there is an apt-get: a package of the system's own. */
const install = async (onProgress: OnProgress): Promise<void> => {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: string[]): Promise<string> =>
    runCommand('apt-get', ['-qq', ...args], { env, timeoutMs: INSTALL_TIMEOUT_MS });
  const installing = apt('update').then(() => apt('install', '--yes', '--no-install-recommends', 'chromium'));
  await withElapsed(installing, (seconds) => onProgress(`installing Debian's chromium (.1 GB to fetch): ${seconds} s`));
};

const versionOf = async (path: string): Promise<string> => (await tryCommand(path, ['--version']))?.trim() ?? path;

/**
 * The path of a Chromium, installed first if it can be.
 * @throws AppError `missing_prerequisite` where there is none and none can be installed: why, and what would do
 */
export const provideBrowser = async (onProgress: OnProgress): Promise<string> => {
  const found = await findBrowser();
  if (found !== null) return found;
  const fail = (why: string): AppError =>
    new AppError('missing_prerequisite', `no browser (${why}); a chromium on PATH, or ${VARIABLE}, would do`);
  if (process.getuid?.() !== 0 || findOnPath('apt-get') === null) {
    throw fail('root could have apt-get install one');
  }
  try {
    await install(onProgress);
  } catch (thrown) {
    throw fail((thrown as Error).message.split('\n').at(-1) ?? '');
  }
  const installed = await findBrowser();
  if (installed === null) throw fail('apt-get installed chromium, and it is nowhere on PATH');
  return installed;
};

/** A browser, installed first if it can be. Where it can't, the tests that need one are skipped, and say so. */
export const browserTask = (): SetupTask => ({
  title: 'browser',
  run: async (onProgress) => {
    try {
      return await versionOf(await provideBrowser(onProgress));
    } catch (thrown) {
      if (!(thrown instanceof AppError)) throw thrown;
      return `the tests of the console are skipped: ${thrown.message}`;
    }
  },
});
