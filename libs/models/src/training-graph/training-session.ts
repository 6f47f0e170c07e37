/** A compiled training, running in TensorFlow's own session. Its calls block: run it in a process or thread of its own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as tfjs from '@tensorflow/tfjs-node';
import { AppError } from '@graft/contracts';
import { loadTensorFlow, type TensorFlow } from '../tensorflow/load-tensorflow.js';
import { SERVE_TAG, type StaticShape } from './graph-def.js';
import type { TrainingGraph } from './compile-training.js';

/** Row-major numbers with their shape. */
export interface Numbers {
  readonly values: Float32Array;
  readonly shape: StaticShape;
}

export interface StepResult {
  readonly loss: number;
  /** Of all gradients together, before clipping. */
  readonly gradientNorm: number;
  /** [n, classes], of before the step. */
  readonly logits: Float32Array;
}

export interface TrainingBatch {
  /** [n, …], as the graph takes it. */
  readonly input: Numbers;
  /** Shares of classes [n, classes]; each row sums to 1. */
  readonly labels: Numbers;
  /** [n]. */
  readonly weights: Float32Array;
  /** As the graph's `train` signature names them. */
  readonly scalars: Readonly<Record<string, number>>;
}

export interface TrainingSession {
  /**
   * One step of the optimizer, whole or not at all.
   * @throws AppError `too_large` when memory runs out.
   */
  step(batch: TrainingBatch): StepResult;
  /**
   * The same step with at most so many images computed at a time. Batch norms that use batch statistics see the parts.
   * @throws AppError `too_large` when memory runs out, `internal` when the graph wasn't compiled for it (`accumulates`).
   */
  stepInParts(batch: TrainingBatch, size: number): StepResult;
  /** Logits [n, classes]; `average`: of the averaged parameters. */
  evaluate(input: Numbers, average?: boolean): Float32Array;
  /** Sets every variable. @throws AppError `internal` when one is missing or of another size. */
  assign(state: ReadonlyMap<string, Float32Array>): void;
  /** Sets a teacher's parameters, once before the first step. @throws AppError as `assign` does. */
  assignTeacher(state: ReadonlyMap<string, Float32Array>): void;
  /** Every variable, by name. */
  read(): ReadonlyMap<string, Float32Array>;
  /** Frees the session. */
  dispose(): void;
}

type Tensors = Record<string, tfjs.Tensor>;
type SavedModel = Awaited<ReturnType<TensorFlow['node']['loadSavedModel']>>;

/** As TensorFlow's CPU and GPU allocators, cuDNN and oneDNN say it. */
const OUT_OF_MEMORY =
  /OOM when allocating|Resource ?Exhausted|RESOURCE_EXHAUSTED|out of memory|(failed|unable) to allocate|bad_alloc|ALLOC_FAILED/i;

/** An error of TensorFlow's own as ours: `too_large` where memory ran out, else `internal`. */
export const translateSessionError = (error: unknown, signature: string): AppError => {
  if (error instanceof AppError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return OUT_OF_MEMORY.test(message)
    ? new AppError('too_large', `memory ran out in a training's ${signature}`, { cause: error })
    : new AppError('internal', `TensorFlow can't run a training's ${signature}: ${message}`, { cause: error });
};

/** Rows `from` to `to` of something with `rows` rows. */
const slice = ({ values, shape: [rows = 0, ...rest] }: Numbers, from: number, to: number): Numbers => {
  const length = values.length / rows;
  return { values: values.subarray(from * length, to * length), shape: [to - from, ...rest] };
};

/** A state's numbers for each of the variables. */
const numbersFor = (
  variables: TrainingGraph['variables'],
  state: ReadonlyMap<string, Float32Array>,
): Record<string, Numbers> =>
  Object.fromEntries(
    variables.map(({ name, shape }) => {
      const values = state.get(name);
      const expected = shape.reduce((product, size) => product * size, 1);
      if (values?.length !== expected)
        throw new AppError(
          'internal',
          `the state has ${values?.length ?? 'no'} numbers for "${name}", expected ${expected}`,
        );
      return [name, { values, shape }] as const;
    }),
  );

/**
 * Loads a compiled training. Its variables must be assigned before anything else is asked.
 * @throws AppError `missing_prerequisite` without TensorFlow, `internal` when TensorFlow refuses the graph.
 */
export const openTrainingSession = async (training: TrainingGraph): Promise<TrainingSession> => {
  const { tf } = loadTensorFlow();
  const folder = await mkdtemp(join(tmpdir(), 'graft-training-'));
  const models = new Map<string, SavedModel>();
  try {
    await writeFile(join(folder, 'saved_model.pb'), training.bytes);
    // Signatures of one folder share one session, and so their variables.
    for (const name of training.signatures) models.set(name, await tf.node.loadSavedModel(folder, [SERVE_TAG], name));
  } catch (error) {
    throw new AppError('internal', 'TensorFlow refuses the training graph', { cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const run = (signature: string, inputs: Tensors): Tensors => {
    const model = models.get(signature);
    if (model === undefined) throw new AppError('internal', `this training has no ${signature}`);
    return model.predict(inputs) as Tensors;
  };
  /** Runs a signature on numbers and hands its outputs' numbers out; no tensor is left. */
  const call = (signature: string, inputs: Readonly<Record<string, Numbers>>): Map<string, Float32Array> => {
    const given = Object.fromEntries(
      Object.entries(inputs).map(([name, { values, shape }]) => [name, tf.tensor(values, [...shape], 'float32')]),
    );
    try {
      const outputs = run(signature, given);
      const read = new Map(
        Object.entries(outputs).map(([name, tensor]) => [name, Float32Array.from(tensor.dataSync())]),
      );
      tf.dispose(outputs);
      return read;
    } catch (error) {
      throw translateSessionError(error, signature);
    } finally {
      tf.dispose(given);
    }
  };
  const outputOf = (outputs: ReadonlyMap<string, Float32Array>, name: string): Float32Array => {
    const values = outputs.get(name);
    if (values === undefined) throw new AppError('internal', `the training gave no ${name}`);
    return values;
  };
  const scalar = (value: number): Numbers => ({ values: Float32Array.of(value), shape: [] });
  const scalarsOf = ({ scalars }: TrainingBatch): Record<string, Numbers> =>
    Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, scalar(value)]));
  const vector = (values: Float32Array): Numbers => ({ values, shape: [values.length] });
  const numberOf = (outputs: ReadonlyMap<string, Float32Array>, name: string): number =>
    outputOf(outputs, name)[0] ?? NaN;
  return {
    step: (batch) => {
      const { input, labels, weights } = batch;
      const outputs = call('train', { input, labels, weights: vector(weights), ...scalarsOf(batch) });
      return {
        loss: numberOf(outputs, 'loss'),
        gradientNorm: numberOf(outputs, 'gradientNorm'),
        logits: outputOf(outputs, 'logits'),
      };
    },
    stepInParts: (batch, size) => {
      const { input, labels, weights } = batch;
      const weightSum = scalar(weights.reduce((sum, each) => sum + each, 0));
      const logits = new Float32Array(labels.values.length);
      let loss = 0;
      call('clear', { ask: scalar(0) });
      for (let from = 0; from < weights.length; from += size) {
        const to = Math.min(from + size, weights.length);
        const outputs = call('accumulate', {
          input: slice(input, from, to),
          labels: slice(labels, from, to),
          weights: vector(weights.subarray(from, to)),
          weightSum,
        });
        loss += numberOf(outputs, 'loss');
        logits.set(outputOf(outputs, 'logits'), (from * logits.length) / weights.length);
      }
      return { loss, gradientNorm: numberOf(call('apply', scalarsOf(batch)), 'gradientNorm'), logits };
    },
    evaluate: (input, average = false) => outputOf(call(average ? 'evaluateAverage' : 'evaluate', { input }), 'logits'),
    assign: (state) => void call('assign', numbersFor(training.variables, state)),
    assignTeacher: (state) => void call('assignTeacher', numbersFor(training.teacherVariables, state)),
    read: () => call('read', { ask: scalar(0) }),
    dispose: () => models.forEach((model) => model.dispose()),
  };
};
