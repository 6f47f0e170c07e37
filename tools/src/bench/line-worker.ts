/**
 * A long-lived contestant of a bench: a process that says when it is ready and then answers each line with one line of
 * JSON. Ours and the peers' are started the same way, so that none pays for its start.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { AppError } from '@graft/contracts';
import { z } from 'zod';

export interface LineWorkerOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** The longest that one answer may take; default 10 minutes. */
  readonly timeoutMs?: number;
}

const readySchema = z.object({ ready: z.literal(true), about: z.record(z.string(), z.unknown()) });
const roundSchema = z.object({ seconds: z.number().positive(), units: z.number().positive() });
const savedSchema = z.object({ saved: z.literal(true) });

export type BenchRound = z.infer<typeof roundSchema>;

export interface LineWorker {
  readonly name: string;
  /** What it says of itself: versions, threads, batch. */
  readonly about: Readonly<Record<string, unknown>>;
  /** One round of the work, timed by the worker itself. */
  round(): Promise<BenchRound>;
  /** Writes what the last round made, in a form that the bench can compare. */
  save(path: string): Promise<void>;
  close(): Promise<void>;
}

const STDERR_TAIL = 4_000;
const CLOSE_MS = 5_000;

/** Node and Python both end in a trace with a line such as `AppError: …` in it; without one, the last lines it said. */
export const reasonOf = (said: string): string => {
  const lines = said.trim().split('\n');
  return lines.findLast((line) => /^[\w.]*(Error|Exception)\b[^:]*: ./.test(line)) ?? lines.slice(-3).join(' ');
};

/** @throws AppError `unavailable` with why, when it ends or doesn't answer in time. */
export const startLineWorker = async (options: LineWorkerOptions): Promise<LineWorker> => {
  const { name, command, args, cwd, env = process.env, timeoutMs = 600_000 } = options;
  const child = spawn(command, [...args], { stdio: ['pipe', 'pipe', 'pipe'], env, ...(cwd ? { cwd } : {}) });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-STDERR_TAIL)));
  child.stdin.on('error', () => undefined); // It ended: the next answer says so.
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (cause) =>
      reject(new AppError('unavailable', `${name} did not start: ${cause.message}`, { cause })),
    );
  });
  failed.catch(() => undefined);

  const answer = async <S extends z.ZodType>(schema: S): Promise<z.output<S>> => {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new AppError('timeout', `${name} did not answer in ${timeoutMs} ms`)), timeoutMs);
    });
    try {
      const line = await Promise.race([lines.next(), failed, tooLate]);
      if (line.done === true) throw new AppError('unavailable', `${name} ended: ${reasonOf(said)}`);
      return schema.parse(JSON.parse(line.value));
    } finally {
      clearTimeout(timer);
    }
  };
  const ask = <S extends z.ZodType>(request: object, schema: S): Promise<z.output<S>> => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    return answer(schema);
  };
  const close = async (): Promise<void> => {
    child.stdin.end();
    const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_MS);
    await ended;
    clearTimeout(timer);
  };

  try {
    const { about } = await answer(readySchema);
    return {
      name,
      about,
      round: () => ask({ round: true }, roundSchema),
      save: async (path) => {
        await ask({ save: path }, savedSchema);
      },
      close,
    };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
};

/** Starts workers, one after another, and closes them whatever comes of the work. */
export const withWorkers = async <T>(
  starts: readonly (() => Promise<LineWorker>)[],
  work: (workers: readonly LineWorker[]) => Promise<T>,
): Promise<T> => {
  const workers: LineWorker[] = [];
  try {
    for (const start of starts) workers.push(await start());
    return await work(workers);
  } finally {
    await Promise.all(workers.map((worker) => worker.close()));
  }
};
