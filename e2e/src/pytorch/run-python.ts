/** The reference Python for tests: its scripts are in e2e/python. */
import { describe } from '@jest/globals';
import { graftPaths } from '@graft/platform';
import { findReferencePython, inRepository, runCommand } from '@graft/tools';

const python = await findReferencePython({ cacheDir: graftPaths().cacheDir });

/** Jest shows no console of a file whose tests are all skipped. */
export const saySkipped = (reason: string): void => void process.stderr.write(`skipped: ${reason}\n`);

if (python === null)
  saySkipped('PyTorch is not in the cache, to compare with; `./graft test` installs it, or says why it cannot');

/** `describe`, or where PyTorch isn't installed `describe.skip`, whose tests are counted as skipped. */
export const describeWithPyTorch: typeof describe.skip = python === null ? describe.skip : describe;

const TIMEOUT_MS = 30 * 60_000;

/**
 * Runs a script of e2e/python and answers its lines of JSON.
 * @throws AppError with the end of what it said, when it fails.
 */
export const runPython = async (script: string, args: readonly string[]): Promise<readonly unknown[]> => {
  if (python === null) throw new Error('PyTorch is not installed');
  const said = await runCommand(python.command, [inRepository('e2e/python', script), ...args], {
    env: python.env,
    timeoutMs: TIMEOUT_MS,
  });
  return said.split('\n').map((line) => JSON.parse(line) as unknown);
};
