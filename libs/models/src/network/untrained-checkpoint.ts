import type { Architecture } from '../architectures/architecture.js';
import { graphOf } from '../architectures/graph-of.js';
import type { Checkpoint } from '../checkpoint/checkpoint-tensor.js';
import { initializeWeights } from '../graph/initialize-weights.js';
import { saveWeights } from '../naming/save-weights.js';

/**
 * A checkpoint of weights before any training: what training from scratch starts from, and enough to measure speed and
 * size. The same seed gives the same weights.
 */
export const untrainedCheckpoint = (
  architecture: Architecture,
  { classes, seed }: { classes: number; seed: number },
): Checkpoint => {
  const { inputSize, namings } = architecture;
  const [naming] = namings;
  if (naming === undefined) throw new RangeError(`${architecture.name} has no naming`);
  const graph = graphOf(architecture, { height: inputSize, width: inputSize }, classes);
  return saveWeights({ graph, weights: initializeWeights(graph, seed), naming });
};
