/** Filter gradients as products against TensorFlow's own kernel, over paddings, strides and odd sizes. */
import { describe, expect, it } from '@jest/globals';
import { createRandom } from '../../random.js';
import { GRAPH_INPUT, type Graph } from '../../graph/layers.js';
import { initializeWeights } from '../../graph/initialize-weights.js';
import { compileTraining } from '../compile-training.js';
import { initialState } from '../initial-state.js';
import { openTrainingSession } from '../training-session.js';

const BATCH = 4;
const CHANNELS = 3;

interface Case {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number | 'same';
  readonly size: readonly [number, number];
}

/** One convolution, whose map is weighed place by place: its gradient is the filter gradient of random numbers. */
const graphOf = ({ kernel, stride, padding, size }: Case): Graph => ({
  inputShape: [CHANNELS, ...size],
  layers: [
    {
      ...{ kind: 'conv', name: 'conv', inputs: [GRAPH_INPUT], filters: 5, groups: 1, bias: false },
      ...{ kernel, stride, padding },
    },
    { kind: 'flatten', name: 'flatten', inputs: ['conv'] },
    { kind: 'dense', name: 'dense', inputs: ['flatten'], units: 6 },
  ],
});

const gradientIn = async (each: Case, precision: 'float' | 'bfloat16'): Promise<Float32Array> => {
  const graph = graphOf(each);
  const random = createRandom(7);
  const training = compileTraining({
    graph,
    precision,
    optimizer: { kind: 'sgd', momentum: 0.9, nesterov: false, weightDecay: 0 },
  });
  const session = await openTrainingSession(training);
  session.assign(initialState(training, { graph, weights: initializeWeights(graph, 1) }));
  const [height, width] = each.size;
  session.step({
    input: {
      values: Float32Array.from({ length: BATCH * height * width * CHANNELS }, () => random.normal()),
      shape: [BATCH, height, width, CHANNELS],
    },
    labels: {
      values: Float32Array.from({ length: BATCH * 6 }, (_, at) => (at % 6 === Math.floor(at / 6) ? 1 : 0)),
      shape: [BATCH, 6],
    },
    weights: new Float32Array(BATCH).fill(1),
    scalars: { learningRate: 0 },
  });
  const gradient = session.read().get('momentum/conv.weight') ?? new Float32Array();
  session.dispose();
  return gradient;
};

describe('a filter gradient as products of matrices', () => {
  it.each<Case>([
    { kernel: 3, stride: 1, padding: 1, size: [7, 9] },
    { kernel: 3, stride: 1, padding: 'same', size: [8, 8] },
    { kernel: 3, stride: 1, padding: 0, size: [9, 6] },
    { kernel: 3, stride: 2, padding: 1, size: [14, 14] },
    { kernel: 3, stride: 2, padding: 1, size: [13, 10] },
    { kernel: 3, stride: 2, padding: 'same', size: [13, 10] },
    { kernel: 5, stride: 2, padding: 'same', size: [12, 15] },
    { kernel: 7, stride: 2, padding: 3, size: [15, 20] },
    { kernel: 1, stride: 1, padding: 0, size: [7, 7] },
    { kernel: 1, stride: 1, padding: 0, size: [12, 12] },
    { kernel: 1, stride: 2, padding: 0, size: [14, 9] },
  ])('is that of the convolution: $kernel×$kernel, stride $stride, padding $padding on $size', async (each) => {
    const [short, long] = [await gradientIn(each, 'bfloat16'), await gradientIn(each, 'float')];
    const norm = Math.sqrt(long.reduce((sum, value) => sum + value ** 2, 0));
    const gap = Math.sqrt(long.reduce((sum, value, at) => sum + (value - (short[at] ?? NaN)) ** 2, 0));
    expect(short.length).toBe(long.length);
    // Eight bits of mantissa: 2^-9 of each factor, on average out of step.
    expect(gap / norm).toBeLessThan(0.01);
    expect(gap).toBeGreaterThan(0);
  });
});
