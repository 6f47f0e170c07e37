/** The checks that come before the tests: each is a program of the workspace, and passes or fails as a whole. */
import { execa } from 'execa';
import { repositoryRoot } from '@graft/tools';
import { formatSeconds, note, paint } from '../output.js';

export interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

export const CHECKS: readonly Check[] = [
  { name: 'types', command: ['tsc', '-b'] },
  {
    name: 'lint',
    command: ['eslint', '.', '--max-warnings', '0', '--cache', '--cache-location', 'node_modules/.cache/eslint/'],
  },
  { name: 'format', command: ['prettier', '--check', '.', '--cache', '--log-level', 'warn'] },
];

export interface CheckResult {
  readonly name: string;
  readonly passed: boolean;
  readonly seconds: number;
}

/** Runs one check, and prints what it said when it fails. */
export const runCheck = async ({ name, command: [program, ...args] }: Check): Promise<CheckResult> => {
  const startedAt = performance.now();
  const result = await execa(program, args, {
    cwd: repositoryRoot(),
    preferLocal: true,
    localDir: repositoryRoot(),
    reject: false,
    all: true,
    stdin: 'ignore',
  });
  const seconds = (performance.now() - startedAt) / 1000;
  const passed = result.exitCode === 0;
  note(
    `${passed ? paint('green', 'passed', process.stderr) : paint('red', 'failed', process.stderr)} ${name} (${formatSeconds(seconds)})`,
  );
  if (!passed) note(result.all ?? '');
  return { name, passed, seconds };
};
