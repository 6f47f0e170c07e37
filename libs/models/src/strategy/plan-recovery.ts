/** The training that makes up for what pruning took. */
import { pipelineTrainSchema, type TrainingPlan } from '@graft/contracts';
import { trainedNetwork } from '../fine-tuning/trained-network.js';
import { countParameters } from '../graph/count.js';
import { formatPercent } from './dataset-summary.js';
import { trainingSettings } from './training-settings.js';

/**
 * Every layer lost some of its inputs, so all of them learn, at one rate, and batch norms measure anew what they normalize
 * (Molchanov et al. 2019, arXiv:1906.10771, section 4, and Li et al. 2017, arXiv:1608.08710, section 3.4, retrain so).
 * @param plan of the training whose network was pruned: its seed, smoothing and class weights hold for this one too, and all
 * its settings where it was one of the whole network.
 */
export const planRecovery = (
  plan: TrainingPlan,
  pruning: NonNullable<TrainingPlan['pruning']>,
  classes: number,
): TrainingPlan => {
  const { seed, labelSmoothing, classWeights, momentum, warmUp, precision } = plan.settings;
  const isOfWhole = plan.strategy === 'full' || plan.strategy === 'scratch';
  const settings = isOfWhole
    ? plan.settings
    : trainingSettings(
        pipelineTrainSchema.parse({ seed, labelSmoothing, classWeights, momentum, warmUp, precision }),
        'full',
        { learnsFromActivations: false },
      );
  const whole = { ...plan, strategy: 'full', embedder: 'fp32', pruning, learnsFromActivations: false } as const;
  return {
    ...whole,
    trainedParameters: countParameters(trainedNetwork(whole, classes).graph),
    frozenParameters: 0,
    settings: { ...settings, layerDecay: 1, batchNorm: 'batch' },
    reasons: [
      `${Object.keys(pruning.channels).length} convolutions lost channels; ${formatPercent(pruning.macsShare)} of the multiply-accumulates remain, and what is left learns again`,
    ],
    warnings: [],
  };
};
