/** The same training as a reference's, in Graft's compiled graph. */
import { findArchitecture, loadNetwork, type Checkpoint } from '@graft/models';
import {
  compileTraining,
  initialState,
  openTrainingSession,
  weightsOfState,
  type OptimizerSettings,
} from '@graft/models/training-graph';
import type { TrainingReference, WantedOptimizer } from './training-references.js';

/** Parameters and statistics by Graft's own names, in PyTorch's layout. */
export type Parameters = ReadonlyMap<string, Float32Array>;

/** As make_training_references.py sets them. */
const SGD_MOMENTUM = 0.9;
const STATISTICS_MOMENTUM = 0.1;
/** PyTorch's AdamW. */
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** A state dict of a reference's network under Graft's names. */
export const parametersOf = ({ wanted }: TrainingReference, checkpoint: Checkpoint): Parameters =>
  networkOf(wanted, checkpoint).weights;

const networkOf = ({ model, size: [height, width] }: TrainingReference['wanted'], checkpoint: Checkpoint) =>
  loadNetwork({ architecture: findArchitecture(model), checkpoint, size: { height, width } });

const settingsOf = (optimizer: WantedOptimizer | null): OptimizerSettings => {
  const weightDecay = optimizer?.weightDecay ?? 0;
  return optimizer?.kind === 'adamw'
    ? { kind: 'adamw', beta1: ADAM.beta1, beta2: ADAM.beta2, weightDecay }
    : { kind: 'sgd', momentum: SGD_MOMENTUM, nesterov: false, weightDecay };
};

const scalarsOf = (optimizer: WantedOptimizer | null, step: number): Record<string, number> => {
  const learningRate = optimizer?.learningRate ?? 0;
  if (optimizer?.kind !== 'adamw') return { learningRate };
  const [beta1Power, beta2Power] = [ADAM.beta1 ** (step + 1), ADAM.beta2 ** (step + 1)];
  return { learningRate, beta1Power, beta2Power, epsilon: ADAM.epsilon * Math.sqrt(1 - beta2Power) };
};

/** [n, c, h, w] → [n, h, w, c]. */
const toNhwc = (images: Float32Array, pixels: number): Float32Array => {
  const channels = 3;
  const result = new Float32Array(images.length);
  for (let image = 0; image < images.length; image += channels * pixels)
    for (let channel = 0; channel < channels; channel += 1)
      for (let pixel = 0; pixel < pixels; pixel += 1)
        result[image + pixel * channels + channel] = images[image + channel * pixels + pixel] ?? NaN;
  return result;
};

/**
 * The reference's steps in float32. With no optimizer a step of rate 0 is made, whose momentum is the gradient: each learned
 * parameter is its gradient then, as in the reference.
 */
export const trainThroughGraft = async (
  reference: TrainingReference,
): Promise<{ result: Parameters; losses: readonly number[] }> => {
  const { wanted, images, labels } = reference;
  const {
    batch,
    classes,
    steps,
    optimizer,
    size: [height, width],
  } = wanted;
  const { graph, weights } = networkOf(wanted, reference.start);
  const training = compileTraining({
    graph,
    precision: 'float',
    optimizer: settingsOf(optimizer),
    usesBatchStatistics: () => wanted.batchStatistics,
    statisticsMomentum: STATISTICS_MOMENTUM,
  });
  const session = await openTrainingSession(training);
  try {
    session.assign(initialState(training, { graph, weights }));
    const losses: number[] = [];
    const [imageNumbers, labelNumbers] = [images.length / steps, labels.length / steps];
    for (let step = 0; step < steps; step += 1) {
      const nchw = images.subarray(step * imageNumbers, (step + 1) * imageNumbers);
      const { loss } = session.step({
        input: { values: toNhwc(nchw, height * width), shape: [batch, height, width, 3] },
        labels: {
          values: labels.slice(step * labelNumbers, (step + 1) * labelNumbers),
          shape: [batch, classes],
        },
        weights: new Float32Array(batch).fill(1),
        scalars: scalarsOf(optimizer, step),
      });
      losses.push(loss);
    }
    const state = new Map(session.read());
    if (optimizer === null)
      for (const name of training.learned) state.set(name, state.get(`momentum/${name}`) ?? new Float32Array());
    return { result: weightsOfState(graph, state), losses };
  } finally {
    session.dispose();
  }
};
