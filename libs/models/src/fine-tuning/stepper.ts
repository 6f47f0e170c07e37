/** Steps that go on when memory runs out: with half as many images at a time, and the same batch. */
import { AppError } from '@graft/contracts';
import type { TrainingGraph } from '../training-graph/compile-training.js';
import type { Numbers, StepResult, TrainingBatch, TrainingSession } from '../training-graph/training-session.js';

export interface Stepper {
  /** Images computed at a time. */
  microBatch(): number;
  /** @throws AppError `too_large` when memory doesn't hold a step on one image. */
  step(batch: TrainingBatch): Promise<StepResult>;
  evaluate(input: Numbers, average: boolean): Float32Array;
  /** Sets every variable. */
  assign(state: StepperOptions['state']): void;
  read(): ReadonlyMap<string, Float32Array>;
  dispose(): void;
}

export interface StepperOptions {
  /** @param accumulates whether its steps can be made in parts. */
  readonly compile: (accumulates: boolean) => TrainingGraph;
  readonly open: (graph: TrainingGraph) => Promise<TrainingSession>;
  /** All variables at the start. */
  readonly state: (graph: TrainingGraph) => ReadonlyMap<string, Float32Array>;
  readonly batchSize: number;
  /** Images at a time, at first. */
  readonly microBatch: number;
  readonly onWarning: (message: string) => void | Promise<void>;
}

const tooLarge = (cause: unknown): AppError =>
  new AppError(
    'too_large',
    'memory does not hold a training step on one image; lower train.inputSize, or choose a smaller backbone',
    { cause },
  );

const isTooLarge = (error: unknown): boolean => error instanceof AppError && error.code === 'too_large';

export const createStepper = async (options: StepperOptions): Promise<Stepper> => {
  const { compile, open, batchSize, onWarning } = options;
  let { microBatch } = options;
  let accumulates = microBatch < batchSize;
  let graph = compile(accumulates);
  let session = await open(graph);
  const assign: Stepper['assign'] = (state) => session.assign(state(graph));
  assign(options.state);
  /** The graph that accumulates has the same variables and a few operations more. */
  const openForParts = async (): Promise<void> => {
    const state = session.read();
    session.dispose();
    accumulates = true;
    graph = compile(accumulates);
    session = await open(graph);
    assign(() => state);
  };
  const attempt = (batch: TrainingBatch): StepResult =>
    microBatch < batch.weights.length ? session.stepInParts(batch, microBatch) : session.step(batch);
  return {
    microBatch: () => microBatch,
    step: async (batch) => {
      for (;;)
        try {
          return attempt(batch);
        } catch (error) {
          if (!isTooLarge(error)) throw error;
          const tried = Math.min(microBatch, batch.weights.length);
          if (tried === 1) throw tooLarge(error);
          microBatch = Math.ceil(tried / 2);
          if (!accumulates) await openForParts();
          await onWarning(
            `memory ran out in a step on ${tried} images: it goes on with ${microBatch} at a time, their gradients summed`,
          );
        }
    },
    evaluate: (input, average) => session.evaluate(input, average),
    assign,
    read: () => session.read(),
    dispose: () => session.dispose(),
  };
};
