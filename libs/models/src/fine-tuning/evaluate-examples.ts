/** Answers to examples, a batch at a time. */
import type { Examples } from './examples.js';
import { tally } from './measure-accuracy.js';
import { startReading, type Reading } from './read-ahead.js';
import type { Stepper } from './stepper.js';

export interface EvaluateOptions {
  readonly stepper: Pick<Stepper, 'evaluate'>;
  readonly examples: Examples;
  readonly batchSize: number;
  /** Of the averaged parameters. */
  readonly average: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Logits of examples, in order; the next batch is read while one is computed. */
export async function* evaluateExamples(
  options: EvaluateOptions,
): AsyncGenerator<{ readonly logits: Float32Array; readonly labels: readonly number[] }> {
  const { stepper, examples, batchSize, average, signal } = options;
  const { labels, shape } = examples;
  const rowsFrom = (start: number): number[] =>
    Array.from({ length: Math.min(batchSize, labels.length - start) }, (_, at) => start + at);
  const readFrom = (start: number): Reading<Float32Array> => startReading(() => examples.read(rowsFrom(start), null));
  if (labels.length === 0) return;
  let next = readFrom(0);
  try {
    for (let start = 0; start < labels.length; start += batchSize) {
      signal?.throwIfAborted();
      const values = await next.result();
      if (start + batchSize < labels.length) next = readFrom(start + batchSize);
      const rows = rowsFrom(start);
      const logits = stepper.evaluate({ values, shape: [rows.length, ...shape] }, average);
      yield { logits, labels: rows.map((row) => labels[row] ?? 0) };
    }
  } finally {
    await next.settled();
  }
}

/** Mean cross-entropy without smoothing, and share of right answers; null where there are no examples. */
export const measureExamples = async (
  options: EvaluateOptions,
): Promise<{ readonly valLoss: number; readonly accuracy: number } | null> => {
  const { length } = options.examples.labels;
  if (length === 0) return null;
  let [loss, right] = [0, 0];
  for await (const { logits, labels } of evaluateExamples(options)) {
    const part = tally(logits, labels);
    loss += part.loss;
    right += part.right;
  }
  return { valLoss: loss / length, accuracy: right / length };
};
