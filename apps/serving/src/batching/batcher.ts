/**
 * Dynamic batching for one loaded model: what comes close together runs together. One run at a time, since a run uses
 * all threads; while it lasts, the next batch gathers. How long one waits for company adapts. The queue is bounded: what
 * doesn't fit is refused at once, so that a client learns to wait while those already queued keep their latency.
 */
import { AppError } from '@graft/contracts';
import { currentTrace, recordSpan } from '../tracing/spans.js';
import { createAdaptiveDelay } from './adaptive-delay.js';
import { hungUp } from './hung-up.js';

/** Each output by name, row-major [batch, …]. */
export type Outputs = Readonly<Record<string, Float32Array>>;

export interface BatchingOptions {
  /** Images in one run; default 8. */
  readonly maxBatch: number;
  /** How long a request waits for company at most, milliseconds; default 2. A lone client doesn't wait. */
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
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined;
}

export interface Batcher {
  /**
   * The outputs of this request alone.
   * @throws AppError `overloaded` when the queue is full, `timeout` when the deadline passes first, `invalid_request` when
   *   its signal is aborted.
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
  const delay = createAdaptiveDelay(maxDelayMs);
  const queue: Waiting[] = [];
  let depth = 0;
  let running = false;
  let stopWaiting: (() => void) | null = null;

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

  /** Even where there is nothing to wait for, what comes in the same turn of the event loop runs together. */
  const wait = (waitMs: number): void => {
    const end = (): void => {
      stopWaiting = null;
      if (running || queue.length === 0) return;
      if (waitMs > 0 && queue.length === 1) delay.waitedInVain();
      void execute();
    };
    if (waitMs > 0) {
      const timer = setTimeout(end, waitMs);
      stopWaiting = () => clearTimeout(timer);
    } else {
      const immediate = setImmediate(end);
      stopWaiting = () => clearImmediate(immediate);
    }
  };

  const schedule = (): void => {
    const [oldest] = queue;
    if (running || oldest === undefined) return;
    if (depth >= maxBatch) {
      stopWaiting?.();
      stopWaiting = null;
      void execute();
    } else if (stopWaiting === null) wait(oldest.arrivedAt + delay.ms - performance.now());
  };

  const giveUp = (item: Waiting, error: AppError): void => {
    const at = queue.indexOf(item);
    if (at >= 0) {
      queue.splice(at, 1);
      depth -= item.batch;
    }
    item.reject(error);
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
        const { signal, deadlineAt } = request;
        if (signal?.aborted === true) {
          reject(hungUp());
          return;
        }
        const arrivedAt = performance.now();
        const expire = (): void =>
          giveUp(item, new AppError('timeout', `${name}: no answer before the request's deadline`));
        const abort = (): void => giveUp(item, hungUp());
        const deadline = setTimeout(expire, Math.max(0, deadlineAt - arrivedAt));
        const settle = (): void => {
          clearTimeout(deadline);
          signal?.removeEventListener('abort', abort);
        };
        const item: Waiting = {
          ...request,
          arrivedAt,
          trace: currentTrace(),
          resolve: (outputs) => {
            settle();
            resolve(outputs);
          },
          reject: (error) => {
            settle();
            reject(error);
          },
        };
        signal?.addEventListener('abort', abort, { once: true });
        if (running || queue.length > 0) delay.companyCame();
        queue.push(item);
        depth += request.batch;
        schedule();
      }),
    get depth() {
      return depth;
    },
  };
};
