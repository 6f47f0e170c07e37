/** Running a helper program to its end, with an error that shows what it said. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { AppError } from '@graft/contracts';

export interface CommandOptions {
  readonly cwd?: string;
  /** The whole environment; default the caller's. */
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
  readonly user?: { readonly uid: number; readonly gid: number } | null;
  /** Each line of either stream as it comes. */
  readonly onLine?: (line: string) => void;
}

const TAIL_LINES = 20;

/**
 * Runs a program and answers its standard output.
 * @throws AppError `missing_prerequisite` when the program is not there, `internal` with the last lines of its
 * output when it fails, `timeout` when it takes too long.
 */
export const runCommand = async (
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> => {
  const { cwd, env = process.env, timeoutMs, user, onLine } = options;
  const child = spawn(command, [...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(user ? { uid: user.uid, gid: user.gid } : {}),
  });
  const tail: string[] = [];
  const output: string[] = [];
  const watch = (stream: NodeJS.ReadableStream, keep: boolean): void => {
    createInterface({ input: stream }).on('line', (line) => {
      if (keep) output.push(line);
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
      onLine?.(line);
    });
  };
  watch(child.stdout, true);
  watch(child.stderr, false);
  let timedOut = false;
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          child.kill('SIGKILL');
        }, timeoutMs);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  })
    .catch((cause: NodeJS.ErrnoException) => {
      throw new AppError('missing_prerequisite', `could not run ${command}: ${cause.message}`, { cause });
    })
    .finally(() => clearTimeout(timer));
  if (timedOut) throw new AppError('timeout', `${command} took more than ${timeoutMs} ms`, { details: { tail } });
  if (code !== 0) {
    throw new AppError('internal', `${command} ended with code ${code}:\n${tail.join('\n')}`, { details: { tail } });
  }
  return output.join('\n');
};

/** `runCommand`, or null when the program is missing or fails: for probing. */
export const tryCommand = (
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string | null> => runCommand(command, args, { timeoutMs: 15_000, ...options }).catch(() => null);
