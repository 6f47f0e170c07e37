/** A graph's parameters as a state dict that the named library loads. */
import type { Checkpoint, CheckpointTensor } from '../checkpoint/checkpoint-tensor.js';
import type { Graph } from '../graph/layers.js';
import { weightOf, type Weights } from '../graph/weights.js';
import { epsilonGaps, toLibraryVariance } from './batch-norm-epsilon.js';
import type { CheckpointNaming } from './checkpoint-naming.js';
import { expectedTensors } from './expected-tensors.js';

/** Float32 tensors under the naming's keys, and batch norms' counters (0) where the library keeps them. */
export const saveWeights = (options: { graph: Graph; weights: Weights; naming: CheckpointNaming }): Checkpoint => {
  const { graph, weights, naming } = options;
  const tensors = new Map<string, CheckpointTensor>();
  const gaps = epsilonGaps(graph, naming);
  for (const { layer, parameter, place } of expectedTensors(graph, naming)) {
    const values = weightOf(weights, layer, parameter);
    const data = parameter === 'variance' ? toLibraryVariance(values, gaps.get(layer)) : values;
    tensors.set(place.key, { shape: place.shape, dtype: 'F32', data });
  }
  for (const { kind, name } of graph.layers)
    if (kind === 'batchNorm' && naming.counterOf !== undefined)
      tensors.set(naming.counterOf(name), { shape: [], dtype: 'I64', data: new BigInt64Array(1) });
  return tensors;
};
