/** `graft test`: sets up everything, then types, lint, format and every test; ends with one line of counts. */
import { EXIT_CODES } from '@graft/contracts';
import { graftPaths } from '@graft/platform';
import { setupTasks, showTasks } from '@graft/tools';
import type { Command } from 'commander';
import { formatSeconds, note, printLine } from '../output.js';
import { CHECKS, runCheck, type CheckResult } from '../testing/checks.js';
import { runJest, type TestCounts } from '../testing/run-jest.js';

interface TestOptions {
  readonly soak?: boolean;
  readonly checks: boolean;
}

const runChecks = async (): Promise<CheckResult[]> => {
  const results: CheckResult[] = [];
  for (const check of CHECKS) results.push(await runCheck(check));
  return results;
};

/** Checks and tests together: each check counts as one. */
const sum = (checks: readonly CheckResult[], tests: TestCounts): TestCounts => ({
  passed: tests.passed + checks.filter(({ passed }) => passed).length,
  failed: tests.failed + checks.filter(({ passed }) => !passed).length,
  skipped: tests.skipped,
});

export const registerTest = (program: Command): void => {
  program
    .command('test [paths...]')
    .description('set up everything and run every check and test (or those under the paths), on real servers')
    .option('--soak', 'add what takes longer: kills, storms, fuzzing, big models')
    .option('--no-checks', 'leave out types, lint and format')
    .action(async (paths: string[], { soak = false, checks }: TestOptions) => {
      const startedAt = performance.now();
      const { cacheDir } = graftPaths();
      await showTasks(setupTasks({ cacheDir, testServer: true, referencePython: true, browser: true }));
      const checked = checks && paths.length === 0 ? await runChecks() : [];
      const counts = sum(checked, await runJest({ paths, soak }));
      note(
        `tested in ${formatSeconds((performance.now() - startedAt) / 1000)}${checked.length > 0 ? `; ${checked.length} of the counts are checks (${checked.map(({ name }) => name).join(', ')})` : ''}`,
      );
      printLine(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
      if (counts.failed > 0) process.exitCode = EXIT_CODES.failed;
    });
};
