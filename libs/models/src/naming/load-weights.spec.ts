import { describe, expect, it } from '@jest/globals';
import { createGraphBuilder } from '../architectures/graph-builder.js';
import type { Checkpoint, CheckpointTensor } from '../checkpoint/checkpoint-tensor.js';
import { foldBatchNorm } from '../graph/fold-batch-norm.js';
import { initializeWeights } from '../graph/initialize-weights.js';
import type { Weights } from '../graph/weights.js';
import { createRandom } from '../random.js';
import { pytorchNaming } from './checkpoint-naming.js';
import { expectedFoldedTensors } from './expected-tensors.js';
import { loadWeights } from './load-weights.js';

/** A convolution without a bias, then one with a bias beside its batch norm, as VGG has them. */
const toy = () => {
  const builder = createGraphBuilder();
  const first = builder.batchNorm('n', builder.conv('c', 'input', { filters: 4, kernel: 3 }), 1e-3);
  const second = builder.batchNorm('m', builder.conv('d', first, { filters: 2, kernel: 1, bias: true }), 1e-5);
  builder.dense('f', builder.globalAveragePool('p', second), 3);
  return builder.build({ height: 5, width: 5 });
};

const lively = (): Weights => {
  const random = createRandom(3);
  return new Map(
    [...initializeWeights(toy(), 1)].map(([name, values]) => [name, values.map(() => 0.5 + random.next())]),
  );
};

describe('weights whose batch norms an exporter folded away', () => {
  it('give the same folded network again, where convolutions have a bias of their own as well', () => {
    const [graph, naming] = [toy(), pytorchNaming({ name: 'torchvision' })];
    const folded = foldBatchNorm(graph, lively());
    // foldBatchNorm names a folded convolution for its batch norm; exporters keep the convolution's name.
    const exported = { c: 'n', d: 'm', f: 'f' } as const;
    const checkpoint: Checkpoint = new Map(
      expectedFoldedTensors(graph, naming).map(({ layer, parameter, place }): [string, CheckpointTensor] => {
        const data =
          folded.weights.get(`${exported[layer as keyof typeof exported]}.${parameter}`) ?? new Float32Array();
        return [place.key, { shape: place.shape, dtype: 'F32', data }];
      }),
    );
    expect([...checkpoint.keys()]).toEqual(['c.weight', 'c.bias', 'd.weight', 'd.bias', 'f.weight', 'f.bias']);
    const again = foldBatchNorm(graph, loadWeights({ network: 'toy', graph, checkpoint, namings: [naming] }));
    for (const name of ['n.weight', 'n.bias', 'm.weight', 'm.bias', 'f.weight'])
      [...(again.weights.get(name) ?? [])].forEach((value, at) =>
        expect(value).toBeCloseTo(folded.weights.get(name)?.[at] ?? NaN, 5),
      );
    expect(again.weights.get('d.bias')).toEqual(new Float32Array(2));
  });
});
