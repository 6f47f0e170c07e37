/** The weights of a plan's embedder, wherever they come from. */
import { readFromBuckets } from '@graft/artifacts';
import type { Digest, TrainingPlan } from '@graft/contracts';
import {
  findArchitecture,
  isBackbone,
  loadCheckpoint,
  untrainedCheckpoint,
  weightsOf,
  writeSafetensors,
  type Checkpoint,
  type NetworkDescription,
} from '@graft/models';
import { sha256Of } from '../activation-cache/shard.js';
import type { TrainerDependencies } from '../dependencies.js';

export interface EmbedderWeights {
  readonly checkpoint: Checkpoint;
  /** sha256 of the checkpoint's file. */
  readonly digest: Digest;
}

/**
 * The pre-trained weights that the plan names, or the catalog's own. A training from scratch of a network that nobody has
 * weights of has an embedder all the same, since drift is measured on its features: of the network before training, by the
 * plan's seed. Random convolutions keep apart what looks different (Saxe et al., "On Random Weights and Unsupervised Feature
 * Learning", ICML 2011), though less well than trained ones.
 * @throws AppError what `weightsOf` and `loadCheckpoint` throw.
 */
export const embedderWeights = async (
  plan: Pick<TrainingPlan, 'weights' | 'strategy' | 'settings'>,
  backbone: NetworkDescription,
  { bucket, cacheDir }: Pick<TrainerDependencies, 'bucket' | 'cacheDir'>,
): Promise<EmbedderWeights> => {
  if (plan.strategy === 'scratch' && plan.weights === null && !isBackbone(backbone)) {
    const { classes, architecture } = backbone;
    const checkpoint = untrainedCheckpoint(findArchitecture(architecture), { classes, seed: plan.settings.seed });
    return { checkpoint, digest: sha256Of(writeSafetensors(checkpoint)) };
  }
  const { reference, expectedDigest } = weightsOf(backbone, plan.weights ?? undefined);
  return loadCheckpoint(reference, { cacheDir, expectedDigest, objects: readFromBuckets(bucket) });
};
