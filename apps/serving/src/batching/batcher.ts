/**
 * Dynamic batching for one loaded model: what comes close together runs together. One run at a time, since a run uses
 * all threads; while it lasts, the next batch gathers. The queue is bounded: what doesn't fit is refused at once, so that
 * a client learns to wait while those already queued keep their latency.
 */
import { AppError } from '@graft/contracts';
import { currentTrace, recordSpan } from '../tracing/spans.js';

/** Each output by name, row-major [batch, …]. */
export type Outputs = Readonly<Record<string, Float32Array>>;

export interface BatchingOptions {
  /** Images in one run; default 8. */
  readonly maxBatch: number;
  /** How long a lone request waits for company, milliseconds; default 2. */
  readonly maxDelayMs: number;
  /** Images that may wait; default 128. */
  readonly maxQueue: number;
}

export interface BatcherOptions extends BatchingOptions {
  /** For messages: `flowers version 3`. */
  readonly name: string;
  readonly run: (input: Float32Array, batch: number) => Promise<Outputs>;
  readonly onBatch?: (batch: number) => void;
}

export interface InferenceRequest {
  /** [batch, …], row-major. */
  readonly input: Float32Array;
  readonly batch: number;
  /** On the clock of `performance.now()`. */
  readonly deadlineAt: number;
}

export interface Batcher {
  /**
   * The outputs of this request alone.
   * @throws AppError `overloaded` when the queue is full, `timeout` when the deadline passes first.
   */
  submit(request: InferenceRequest): Promise<Outputs>;
  /** Images that wait. */
  readonly depth: number;
}

interface Waiting extends InferenceRequest {
  readonly arrivedAt: number;
  readonly trace: ReturnType<typeof currentTrace>;
  readonly resolve: (outputs: Outputs) => void;
  readonly reject: (error: unknown) => void;
}

const concatenate = (items: readonly Waiting[]): Float32Array => {
  const [first] = items;
  if (first !== undefined && items.length === 1) return first.input;
  const whole = new Float32Array(items.reduce((length, { input }) => length + input.length, 0));
  let offset = 0;
  for (const { input } of items) {
    whole.set(input, offset);
    offset += input.length;
  }
  return whole;
};

const rowsOf = (outputs: Outputs, { from, count, total }: { from: number; count: number; total: number }): Outputs =>
  Object.fromEntries(
    Object.entries(outputs).map(([name, values]) => {
      const row = values.length / total;
      return [name, values.subarray(from * row, (from + count) * row)];
    }),
  );

export const createBatcher = (options: BatcherOptions): Batcher => {
  const { name, run, maxBatch, maxDelayMs, maxQueue, onBatch } = options;
  const queue: Waiting[] = [];
  let depth = 0;
  let running = false;
  let timer: NodeJS.Timeout | undefined;

  /** As many as fit; a request that is larger than a batch runs by itself. */
  const take = (): Waiting[] => {
    const taken: Waiting[] = [];
    let size = 0;
    for (let [next] = queue; next !== undefined; [next] = queue) {
      if (taken.length > 0 && size + next.batch > maxBatch) break;
      queue.shift();
      size += next.batch;
      taken.push(next);
    }
    depth -= size;
    return taken;
  };

  const execute = async (): Promise<void> => {
    const items = take();
    const total = items.reduce((sum, { batch }) => sum + batch, 0);
    running = true;
    const startedAt = performance.now();
    /** After the answers, so that none waits for it. */
    const told = (error?: unknown): void => {
      const endedAt = performance.now();
      for (const { trace: parent, arrivedAt } of items) {
        recordSpan('queue', { parent, from: arrivedAt, to: startedAt });
        recordSpan('run', { parent, from: startedAt, to: endedAt, attributes: { 'graft.batch_size': total }, error });
      }
    };
    try {
      onBatch?.(total);
      const outputs = await run(concatenate(items), total);
      let from = 0;
      for (const { batch, resolve } of items) {
        resolve(rowsOf(outputs, { from, count: batch, total }));
        from += batch;
      }
      told();
    } catch (thrown) {
      for (const { reject } of items) reject(thrown);
      told(thrown);
    } finally {
      running = false;
      schedule();
    }
  };

  const schedule = (): void => {
    const [oldest] = queue;
    if (running || oldest === undefined) return;
    const waitMs = oldest.arrivedAt + maxDelayMs - performance.now();
    if (depth >= maxBatch || waitMs <= 0) {
      clearTimeout(timer);
      timer = undefined;
      void execute();
      return;
    }
    timer ??= setTimeout(() => {
      timer = undefined;
      if (!running && queue.length > 0) void execute();
    }, waitMs);
  };

  const expire = (item: Waiting): void => {
    const at = queue.indexOf(item);
    if (at >= 0) {
      queue.splice(at, 1);
      depth -= item.batch;
    }
    item.reject(new AppError('timeout', `${name}: no answer before the request's deadline`));
  };

  return {
    submit: (request) =>
      new Promise<Outputs>((resolve, reject) => {
        if (depth + request.batch > maxQueue) {
          reject(
            new AppError(
              'overloaded',
              `${name}: ${depth} of at most ${maxQueue} images wait already; try again later`,
              {
                details: { retryAfterSeconds: 1 },
              },
            ),
          );
          return;
        }
        const arrivedAt = performance.now();
        const deadline = setTimeout(() => expire(item), Math.max(0, request.deadlineAt - arrivedAt));
        const item: Waiting = {
          ...request,
          arrivedAt,
          trace: currentTrace(),
          resolve: (outputs) => {
            clearTimeout(deadline);
            resolve(outputs);
          },
          reject: (error) => {
            clearTimeout(deadline);
            reject(error);
          },
        };
        queue.push(item);
        depth += request.batch;
        schedule();
      }),
    get depth() {
      return depth;
    },
  };
};
