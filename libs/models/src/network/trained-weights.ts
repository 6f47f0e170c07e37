/**
 * Weights that a training ended with, as a file: safetensors with each parameter under `<layer>.<parameter>`, batch norms
 * unfolded, and in its metadata `schemaVersion` `trained.v1` beside what the caller says of them.
 */
import type { Checkpoint } from '../checkpoint/checkpoint-tensor.js';
import { writeSafetensors } from '../checkpoint/safetensors.js';
import { parameterName, type Graph } from '../graph/layers.js';
import type { Weights } from '../graph/weights.js';
import type { CheckpointNaming } from '../naming/checkpoint-naming.js';
import { loadWeights } from '../naming/load-weights.js';
import { saveWeights } from '../naming/save-weights.js';

export const TRAINED_SCHEMA = 'trained.v1';

/** The graph's own names, as they are. */
const PARAMETER_NAMES: CheckpointNaming = {
  name: TRAINED_SCHEMA,
  place: (layer, parameter, shape) => ({ key: parameterName(layer, parameter), shape }),
  mayIgnore: () => false,
};

/** The file's bytes: the same weights and metadata give the same ones. */
export const writeTrainedWeights = (options: {
  readonly graph: Graph;
  readonly weights: Weights;
  readonly metadata: Readonly<Record<string, string>>;
}): Uint8Array => {
  const { graph, weights, metadata } = options;
  const tensors = saveWeights({ graph, weights, naming: PARAMETER_NAMES });
  return writeSafetensors(tensors, { ...metadata, schemaVersion: TRAINED_SCHEMA });
};

/**
 * Every parameter of the graph, and nothing else, out of such a file's tensors.
 * @throws AppError `checkpoint_unfit` that lists what is missing, of another shape, not finite or unexpected.
 */
export const readTrainedWeights = (options: {
  /** For messages. */
  readonly network: string;
  readonly graph: Graph;
  readonly tensors: Checkpoint;
}): Weights => {
  const { network, graph, tensors } = options;
  return loadWeights({ network, graph, checkpoint: tensors, namings: [PARAMETER_NAMES] });
};
