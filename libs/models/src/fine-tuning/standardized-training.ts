/** A linear classifier on vectors learns on standardized ones; what comes out takes them raw. */
import { parameterName } from '../graph/layers.js';
import { weightOf, type Weights } from '../graph/weights.js';
import type { Examples } from './examples.js';
import type { FineTuning } from './fine-tuning.js';
import { foldStandardization, measureStandardization, standardize, type Standardization } from './standardization.js';

const ROWS_AT_ONCE = 1024;
/** Features below this are read once and kept: a head takes a hundred looks at them. */
const MAX_KEPT_BYTES = 256 * 1024 ** 2;

async function* chunksOf(examples: Examples): AsyncGenerator<Float32Array> {
  const { length } = examples.labels;
  for (let start = 0; start < length; start += ROWS_AT_ONCE)
    yield await examples.read(
      Array.from({ length: Math.min(ROWS_AT_ONCE, length - start) }, (_, at) => start + at),
      null,
    );
}

/** The examples in memory, where they are few enough. Vectors have one view only. */
const keepInMemory = async (examples: Examples): Promise<Examples> => {
  const [length = 0] = examples.shape;
  const elements = examples.labels.length * length;
  if (elements * Float32Array.BYTES_PER_ELEMENT > MAX_KEPT_BYTES) return examples;
  const table = new Float32Array(elements);
  let at = 0;
  for await (const chunk of chunksOf(examples)) {
    table.set(chunk, at);
    at += chunk.length;
  }
  return {
    ...examples,
    read: async (rows) => {
      const values = new Float32Array(rows.length * length);
      rows.forEach((row, to) => values.set(table.subarray(row * length, (row + 1) * length), to * length));
      return values;
    },
  };
};

const standardized = async (examples: Examples, scale: Standardization): Promise<Examples> =>
  keepInMemory({ ...examples, read: async (rows, epoch) => standardize(await examples.read(rows, epoch), scale) });

/** A training to be run, and the way back from the weights that it gives to those that were asked for. */
export interface PreparedTraining {
  readonly training: FineTuning;
  readonly finish: (weights: Weights) => Weights;
}

/**
 * The training as it is run. Where one dense layer learns on vectors, they are standardized by the training examples' mean
 * and deviation, which is folded into its weights at the end; the weights it starts from are taken as made for standardized
 * ones, whose scale fresh draws are made for. Else nothing changes.
 */
export const prepareTraining = async (training: FineTuning): Promise<PreparedTraining> => {
  const { graph } = training;
  const [dense, ...others] = graph.layers;
  if (dense?.kind !== 'dense' || others.length > 0) return { training, finish: (trained) => trained };
  const train = await keepInMemory(training.train);
  const [length = 0] = train.shape;
  const scale = await measureStandardization(() => chunksOf(train), length);
  return {
    training: {
      ...training,
      train: await standardized(train, scale),
      validation: await standardized(training.validation, scale),
    },
    finish: (trained) => {
      const folded = foldStandardization(
        { weights: weightOf(trained, dense.name, 'weight'), bias: weightOf(trained, dense.name, 'bias') },
        scale,
      );
      return new Map([
        [parameterName(dense.name, 'weight'), folded.weights],
        [parameterName(dense.name, 'bias'), folded.bias],
      ]);
    },
  };
};
