/** Trainings that are over in seconds, on images and vectors made up from a seed. */
import { createHash } from 'node:crypto';
import { expect } from '@jest/globals';
import type { TrainingSettings } from '@graft/contracts';
import { findArchitecture } from '../architectures/find-architecture.js';
import { stagesOf } from '../architectures/stages.js';
import type { Examples } from '../fine-tuning/examples.js';
import { fineTune } from '../fine-tuning/fine-tune.js';
import type { FineTuned, FineTuning } from '../fine-tuning/fine-tuning.js';
import { initializeWeights } from '../graph/initialize-weights.js';
import type { Graph } from '../graph/layers.js';
import type { Weights } from '../graph/weights.js';
import { createRandom } from '../random.js';

export const CLASSES = 3;
export const SETTINGS: TrainingSettings = {
  epochs: 3,
  batchSize: 8,
  optimizer: 'adamw',
  momentum: 0.9,
  learningRate: 0.001,
  warmUp: 0.05,
  layerDecay: 0.8,
  weightDecay: 0.05,
  labelSmoothing: 0.1,
  classWeights: 'none',
  clipNorm: 1,
  averageDecay: null,
  batchNorm: 'frozen',
  augment: null,
  precision: 'float32',
  patience: 10,
  keeps: 'best',
  seed: 7,
};

export const inMemory = (values: Float32Array, shape: readonly number[], labels: Int32Array): Examples => {
  const length = shape.reduce((product, size) => product * size, 1);
  return {
    labels,
    shape,
    read: async (rows) => {
      const read = new Float32Array(rows.length * length);
      rows.forEach((row, at) => read.set(values.subarray(row * length, (row + 1) * length), at * length));
      return read;
    },
  };
};

/** Images whose classes differ in one channel's brightness. */
export const images = (rows: number, size: number, seed: number): Examples => {
  const random = createRandom(seed);
  const labels = Int32Array.from({ length: rows }, (_, row) => row % CLASSES);
  const values = Float32Array.from({ length: rows * size * size * 3 }, (_, at) => {
    const label = labels[Math.floor(at / (size * size * 3))];
    return random.normal() * 0.5 + (at % 3 === label ? 1 : 0);
  });
  return inMemory(values, [size, size, 3], labels);
};

/** Clouds around one corner a class, on columns of very different scale; the last column never moves. */
export const LENGTH = 12;
export const clouds = (rows: number, seed: number): Examples => {
  const random = createRandom(seed);
  const labels = Int32Array.from({ length: rows }, (_, row) => row % CLASSES);
  const values = Float32Array.from({ length: rows * LENGTH }, (_, at) => {
    const [row, column] = [Math.floor(at / LENGTH), at % LENGTH];
    if (column === LENGTH - 1) return 4;
    const centre = column % CLASSES === labels[row] ? 2 : 0;
    return (centre + random.normal()) * 10 ** ((column % 5) - 2) + 3;
  });
  return inMemory(values, [LENGTH], labels);
};

export const HEAD: Graph = {
  inputShape: [LENGTH],
  layers: [{ kind: 'dense', name: 'classifier', inputs: ['input'], units: CLASSES }],
};

/** Two stages and a classifier: enough to train, little enough to wait for. */
export const TINY: Graph = {
  inputShape: [3, 16, 16],
  layers: [
    {
      kind: 'conv',
      name: 'stem',
      inputs: ['input'],
      filters: 8,
      kernel: 3,
      stride: 2,
      padding: 1,
      groups: 1,
      bias: false,
    },
    { kind: 'batchNorm', name: 'stemNorm', inputs: ['stem'], epsilon: 1e-5 },
    { kind: 'activation', name: 'stemRelu', inputs: ['stemNorm'], activation: 'relu' },
    {
      kind: 'conv',
      name: 'body',
      inputs: ['stemRelu'],
      filters: 16,
      kernel: 3,
      stride: 2,
      padding: 1,
      groups: 1,
      bias: false,
    },
    { kind: 'batchNorm', name: 'bodyNorm', inputs: ['body'], epsilon: 1e-5 },
    { kind: 'activation', name: 'bodyRelu', inputs: ['bodyNorm'], activation: 'relu' },
    { kind: 'globalAveragePool', name: 'pool', inputs: ['bodyRelu'], keepAxes: false },
    { kind: 'dense', name: 'classifier', inputs: ['pool'], units: CLASSES },
  ],
};

export const tiny = (change: Partial<FineTuning> = {}, settings: Partial<TrainingSettings> = {}): FineTuning => ({
  graph: TINY,
  weights: initializeWeights(TINY, 1),
  stages: [['stem', 'stemNorm'], ['body', 'bodyNorm'], ['classifier']],
  train: images(20, 16, 1),
  validation: images(9, 16, 2),
  comparison: images(2, 16, 3),
  precision: 'float32',
  settings: { ...SETTINGS, epochs: 2, learningRate: 0.01, ...settings },
  ...change,
});

export const head = (change: Partial<FineTuning> = {}, settings: Partial<TrainingSettings> = {}): FineTuning => ({
  graph: HEAD,
  weights: initializeWeights(HEAD, 1),
  stages: [['classifier']],
  train: clouds(310, 1),
  validation: clouds(90, 2),
  comparison: clouds(4, 3),
  precision: 'float32',
  settings: {
    ...SETTINGS,
    epochs: 40,
    batchSize: 32,
    learningRate: 0.01,
    clipNorm: null,
    ...settings,
  },
  ...change,
});

export const network = (
  name: string,
  change: Partial<FineTuning> = {},
  settings: Partial<TrainingSettings> = {},
  size = 32,
): FineTuning => {
  const architecture = findArchitecture(name);
  const graph = architecture.graph({ height: size, width: size, classes: CLASSES });
  return {
    graph,
    weights: initializeWeights(graph, 1),
    stages: stagesOf(architecture, graph).map(({ layers }) => layers),
    train: images(20, size, 1),
    validation: images(9, size, 2),
    comparison: images(2, size, 3),
    precision: 'float32',
    settings: { ...SETTINGS, epochs: 2, ...settings },
    ...change,
  };
};

/** All that came out, with the weights as their digest: comparing millions of numbers one by one takes jest a minute. */
export const summaryOf = ({ weights, ...rest }: FineTuned): unknown => {
  const hash = createHash('sha256');
  for (const [name, { buffer, byteOffset, byteLength }] of weights)
    hash.update(name).update(new Uint8Array(buffer, byteOffset, byteLength));
  return { ...rest, weights: hash.digest('hex') };
};

export const answers = (weights: Weights, values: Float32Array): number[] =>
  Array.from({ length: CLASSES }, (_, k) =>
    values.reduce(
      (sum, value, column) => sum + value * (weights.get('classifier.weight')?.[k * LENGTH + column] ?? NaN),
      weights.get('classifier.bias')?.[k] ?? NaN,
    ),
  );

export const accuracy = async (weights: Weights, examples: Examples): Promise<number> => {
  let right = 0;
  for (const [row, label] of examples.labels.entries()) {
    const logits = answers(weights, await examples.read([row], null));
    if (logits.indexOf(Math.max(...logits)) === label) right += 1;
  }
  return right / examples.labels.length;
};

/** Trains, is stopped after a step, and goes on from its checkpoint of that step, again and again. */
export const trainInPieces = async (training: FineTuning, stopAfter: readonly number[]): Promise<FineTuned> => {
  let resume: Uint8Array | undefined;
  for (const stop of stopAfter) {
    const controller = new AbortController();
    const stopped = fineTune({
      ...training,
      ...(resume === undefined ? {} : { resume }),
      checkpointSeconds: 0,
      signal: controller.signal,
      onCheckpoint: ({ step, bytes }) => {
        resume = bytes;
        if (step === stop) controller.abort(new Error('stopped'));
      },
    });
    await expect(stopped).rejects.toThrow('stopped');
  }
  return fineTune({ ...training, ...(resume === undefined ? {} : { resume }) });
};
