/** A fine-tuning's settings as a training graph. */
import { compileTraining, type TrainingGraph } from '../training-graph/compile-training.js';
import type { FineTuning } from './fine-tuning.js';
import { ADAM } from './step-scalars.js';

/**
 * Weight of a batch when a batch norm's statistics move: so much that one epoch leaves a tenth of those of before, which
 * an evaluation after it then hardly sees. PyTorch's .1 is made for runs of thousands of steps: with ten steps an epoch
 * it still has a third of the old ones, and statistics that lag behind the weights are what makes short runs evaluate badly
 * (Wu & Johnson, "Rethinking 'Batch' in BatchNorm", arXiv:2105.07576, section 3). The upper bound keeps at least the
 * last few batches in the mean; the lower one, hundreds, after which more of them say nothing new.
 */
export const statisticsMomentum = (stepsPerEpoch: number): number =>
  Math.min(0.3, Math.max(0.01, 1 - 0.1 ** (1 / stepsPerEpoch)));

/** Stage by stage, `layerDecay` to the power of the distance from the classifier; layers of no stage have none. */
export const rateFactors = (stages: FineTuning['stages'], layerDecay: number): ReadonlyMap<string, number> =>
  new Map(
    stages.flatMap((layers, at) =>
      layers.map((layer): [string, number] => [layer, layerDecay ** (stages.length - 1 - at)]),
    ),
  );

/** @param accumulates whether a step can be made in parts. */
export const compileFineTuning = (
  {
    graph,
    stages,
    settings,
    precision,
    teacher,
  }: Pick<FineTuning, 'graph' | 'stages' | 'settings' | 'precision' | 'teacher'>,
  { stepsPerEpoch, accumulates }: { stepsPerEpoch: number; accumulates: boolean },
): TrainingGraph => {
  const { optimizer, momentum, weightDecay } = settings;
  const rates = rateFactors(stages, settings.layerDecay);
  const learns = (layer: string): boolean => rates.has(layer);
  // Vectors have nothing to win from bfloat16 and their numbers to lose.
  const isMap = graph.inputShape.length === 3;
  return compileTraining({
    graph,
    optimizer:
      optimizer === 'adamw'
        ? { kind: 'adamw', beta1: ADAM.beta1, beta2: ADAM.beta2, weightDecay }
        : { kind: 'sgd', momentum, nesterov: false, weightDecay },
    precision: precision === 'bfloat16' && isMap ? 'bfloat16' : 'float',
    learns,
    usesBatchStatistics: settings.batchNorm === 'batch' ? learns : () => false,
    statisticsMomentum: statisticsMomentum(stepsPerEpoch),
    rateFactor: (layer) => rates.get(layer) ?? 0,
    clipNorm: settings.clipNorm,
    keepsAverage: settings.averageDecay !== null,
    accumulates,
    ...(teacher === undefined ? {} : { teacher }),
  });
};
