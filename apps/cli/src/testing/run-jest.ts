/** Every project's tests in one jest run. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { AppError } from '@graft/contracts';
import { inRepository, repositoryRoot } from '@graft/tools';
import { execa } from 'execa';
import { z } from 'zod';

const jestReportSchema = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
  /** Files that could not even be run: each counts as a failure, or a broken import would look like a pass. */
  numRuntimeErrorTestSuites: z.int(),
});

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Runs jest over the whole workspace, or over the paths given. Its output goes to standard error as it comes.
 * @throws AppError `internal` when jest ended without a report.
 */
export const runJest = async (params: { paths: readonly string[]; soak: boolean }): Promise<TestCounts> => {
  const folder = await mkdtemp(join(tmpdir(), 'graft-test-'));
  const report = join(folder, 'report.json');
  try {
    await execa(
      process.execPath,
      [
        inRepository('node_modules/jest/bin/jest.js'),
        '--maxWorkers=2',
        '--json',
        `--outputFile=${report}`,
        '--passWithNoTests=false',
        // jest takes them for patterns, and `./` at their head for something to match.
        ...params.paths.map((path) => normalize(path)),
      ],
      {
        cwd: repositoryRoot(),
        env: {
          NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
          GRAFT_SOAK: params.soak ? '1' : '',
          FORCE_COLOR: process.stderr.isTTY ? '1' : '0',
        },
        reject: false,
        stdin: 'ignore',
        // With --json jest prints its report on standard output too; the file is enough.
        stdout: 'ignore',
        stderr: 'inherit',
      },
    );
    const text = await readFile(report, 'utf8').catch((cause: unknown) => {
      throw new AppError('internal', 'jest ended without a report; what it printed above says why', { cause });
    });
    const parsed = jestReportSchema.parse(JSON.parse(text));
    return {
      passed: parsed.numPassedTests,
      failed: parsed.numFailedTests + parsed.numRuntimeErrorTestSuites,
      skipped: parsed.numPendingTests + parsed.numTodoTests,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
