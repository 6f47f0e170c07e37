import { describe, expect, it } from '@jest/globals';
import { createGraphBuilder } from '../architectures/graph-builder.js';
import type { Checkpoint, CheckpointTensor } from '../checkpoint/checkpoint-tensor.js';
import { pytorchNaming } from './checkpoint-naming.js';
import { loadWeights } from './load-weights.js';
import { saveWeights } from './save-weights.js';

const graph = (() => {
  const builder = createGraphBuilder();
  builder.batchNorm('bn', builder.conv('conv', 'input', { filters: 3, kernel: 1 }), 1e-3);
  return builder.build({ height: 4, width: 4 });
})();

const own = pytorchNaming({ name: 'own' });
const other = pytorchNaming({ name: 'other', moduleOf: (layer) => `other.${layer}`, epsilon: 1e-5 });

const checkpoint = (prefix: string, variance: readonly number[]): Checkpoint => {
  const tensor = (shape: readonly number[], values: readonly number[]): CheckpointTensor => ({
    shape,
    dtype: 'F32',
    data: Float32Array.from(values),
  });
  return new Map([
    [
      `${prefix}conv.weight`,
      tensor(
        [3, 3, 1, 1],
        Array.from({ length: 9 }, () => 1),
      ),
    ],
    [`${prefix}bn.weight`, tensor([3], [1, 1, 1])],
    [`${prefix}bn.bias`, tensor([3], [0, 0, 0])],
    [`${prefix}bn.running_mean`, tensor([3], [0, 0, 0])],
    [`${prefix}bn.running_var`, tensor([3], variance)],
  ]);
};

const load = (of: Checkpoint) => loadWeights({ network: 'toy', graph, checkpoint: of, namings: [own, other] });
const varianceIn = (of: Checkpoint, key: string): readonly number[] => Array.from(of.get(key)?.data ?? [], Number);

describe('batch norms of a library with another epsilon', () => {
  it('compute what they did there', () => {
    const there = [2, 1e-4, 0];
    const variance = load(checkpoint('other.', there)).get('bn.variance') ?? [];
    there.forEach((value, at) => expect(((variance[at] ?? NaN) + 1e-3) / (value + 1e-5)).toBeCloseTo(1, 4));
  });

  it('go out as they came in, and by other names as the same function', () => {
    const weights = load(checkpoint('other.', [2, 1e-4, 0]));
    const back = varianceIn(saveWeights({ graph, weights, naming: other }), 'other.bn.running_var');
    [2, 1e-4, 0].forEach((value, at) => expect(back[at]).toBeCloseTo(value, 8));
    expect(Math.min(...back)).toBeGreaterThanOrEqual(0);
    const again = load(saveWeights({ graph, weights, naming: own }));
    expect(again.get('bn.variance')).toEqual(weights.get('bn.variance'));
  });

  it('stay as they are where the epsilon is the same', () => {
    expect(load(checkpoint('', [2, 1e-4, 0])).get('bn.variance')).toEqual(Float32Array.of(2, 1e-4, 0));
  });

  it.each([
    ['', [1, 1, -1]],
    ['', [1, 1, -1e-3]],
    ['other.', [1, 1, -1e-4]],
  ])('are refused when no root could be taken of a variance (%s%j)', (prefix, variance) => {
    expect(() => load(checkpoint(prefix, variance))).toThrow('holds a negative variance');
  });
});
