/** The database's part of a backup, done by a process of the registry's: it alone knows the database. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { AppError, isErrorCode } from '@graft/contracts';
import { inRepository } from '@graft/tools';
import { z } from 'zod';

const lineSchema = z.union([
  z.object({ done: z.int(), total: z.int() }),
  z.object({ result: z.unknown() }),
  z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
]);

export interface DatabaseTask<T> {
  readonly result: T;
  /** Ends the process; until then it keeps what it holds. */
  release(): Promise<void>;
}

/**
 * Starts `dump`, `state`, `load` or `settle` (see backup-process.ts of the registry) and waits for its result.
 * @throws AppError as the process tells it, `internal` where it ends without an answer
 */
export const runDatabaseTask = async <S extends z.ZodType>(
  schema: S,
  args: readonly string[],
  { databaseUrl, onTable }: { databaseUrl: string; onTable?: (done: number, total: number) => void },
): Promise<DatabaseTask<z.output<S>>> => {
  const child = spawn(process.execPath, [inRepository('dist/apps/registry/backup-process.js'), ...args], {
    env: { ...process.env, GRAFT_DATABASE_URL: databaseUrl },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint = `${complaint}${chunk.toString()}`.slice(-2000)));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const release = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const told = lineSchema.parse(JSON.parse(line));
      if ('error' in told) {
        const { code, message } = told.error;
        throw new AppError(isErrorCode(code) ? code : 'internal', message);
      }
      if ('result' in told) return { result: schema.parse(told.result), release };
      onTable?.(told.done, told.total);
    }
    throw new AppError(
      'internal',
      `the database's part ended without an answer: ${complaint.trim().split('\n').at(-1) ?? ''}`,
    );
  } catch (thrown) {
    await release();
    throw thrown;
  }
};
