/** The training that makes up for what pruning took. */
import { pipelineTrainSchema, type TrainingPlan } from '@graft/contracts';
import { trainedNetwork } from '../fine-tuning/trained-network.js';
import { countParameters } from '../graph/count.js';
import { formatPercent } from './dataset-summary.js';
import { trainingSettings } from './training-settings.js';

/**
 * A larger rate than `full` takes, since the teacher says of every image what all features should be (four times as much
 * diverges), and fewer epochs: a network that has found them again only learns the few images by heart.
 */
const RECOVERY = { learningRate: 5e-4, epochs: 6 } as const;

/**
 * Every layer lost some of its inputs, so all of them learn, at one rate, and the whole network teaches: labels alone say too
 * little to find again what was lost. Batch norms keep their statistics, as the teacher does: the batch's own would make
 * it another network. EfficientNet-lite0 at half its multiply-accumulates, 204 photos of ants and bees, three seeds: 142, 144
 * and 142 of 153 right with a teacher, 140, 130 and 141 without; the whole network, 146.
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
    settings: {
      ...settings,
      layerDecay: 1,
      batchNorm: 'frozen',
      // The teacher keeps it from learning by heart, and the few val images of a small dataset would choose at random: by 20 of
      // them the first epoch was kept, with 139 of 153 photos right.
      keeps: 'last',
      ...(isOfWhole ? {} : RECOVERY),
    },
    reasons: [
      `${Object.keys(pruning.channels).length} convolutions lost channels; ${formatPercent(pruning.macsShare)} of the multiply-accumulates remain, and what is left learns again`,
    ],
    warnings: [],
  };
};
