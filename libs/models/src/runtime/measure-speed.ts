/** How fast a model is on this machine, alone. For comparisons between machines or peers there is `./graft bench`. */
import { performance } from 'node:perf_hooks';
import type { Runtime } from './runtime.js';

export interface Speed {
  /** Milliseconds for one image by itself: the median of the timed runs, and the fastest. */
  readonly latencyMs: { readonly median: number; readonly fastest: number };
  /** Images a second in batches of `batch`, by the median run. */
  readonly imagesPerSecond: number;
  readonly batch: number;
}

const WARM_UP_RUNS = 3;
const DEFAULT_BATCH = 8;
const DEFAULT_RUNS = 15;
/** A slow model gets fewer runs than asked, but not fewer than these. */
const MIN_RUNS = 5;
const ENOUGH_MS = 3_000;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

/** Milliseconds of each of so many runs, after the warm-up. */
const timeRuns = async (runtime: Runtime, batch: number, runs: number): Promise<readonly number[]> => {
  const length = runtime.signature.input.shape.slice(1).reduce((product, size) => product * size, 1);
  // Not zeros: a kernel may take a short cut on them.
  const input = Float32Array.from({ length: batch * length }, (_, at) => Math.sin(at));
  const times: number[] = [];
  let total = 0;
  for (let run = -WARM_UP_RUNS; run < runs && (run < MIN_RUNS || total < ENOUGH_MS); run += 1) {
    const startedAt = performance.now();
    await runtime.run(input, batch);
    const elapsed = performance.now() - startedAt;
    if (run < 0) continue;
    times.push(elapsed);
    total += elapsed;
  }
  return times;
};

/**
 * Runs the model on made-up images, one by one and in batches.
 * @param options.runs timed runs of each, default 15, fewer (at least 5) where they take longer than 3 s. @param options.batch default 8.
 */
export const measureSpeed = async (
  runtime: Runtime,
  { runs = DEFAULT_RUNS, batch = DEFAULT_BATCH }: { runs?: number; batch?: number } = {},
): Promise<Speed> => {
  const single = await timeRuns(runtime, 1, runs);
  const batched = await timeRuns(runtime, batch, runs);
  return {
    latencyMs: { median: median(single), fastest: Math.min(...single) },
    imagesPerSecond: (1000 * batch) / median(batched),
    batch,
  };
};
