/** A candidate of a selection as the ONNX model that would be served, but for what it has not learned yet. */
import {
  parseVariant,
  type ManifestImage,
  type Preprocessing,
  type TrainingPlan,
  type VariantName,
} from '@graft/contracts';
import { buildCandidate, describeNetwork, type BuiltCandidate } from '@graft/models';
import type { TrainerDependencies } from '../dependencies.js';
import { embedderWeights } from '../embed/embedder-weights.js';
import { quantizeOnImages } from '../quantize/quantize-on-images.js';

export interface CandidateSource {
  readonly plan: TrainingPlan;
  readonly preprocessing: Preprocessing;
  readonly variant: VariantName;
  readonly labels: readonly string[];
  /** Of the dataset version: training images among them calibrate what is in eight bits. */
  readonly images: readonly ManifestImage[];
}

/** @throws AppError as `buildCandidate`, and whatever keeps weights or images from being read. */
export const candidateOnnx = async (
  source: CandidateSource,
  dependencies: Pick<TrainerDependencies, 'blobs' | 'machine' | 'bucket' | 'cacheDir'>,
  signal: AbortSignal,
): Promise<BuiltCandidate> => {
  const { plan, preprocessing, variant, labels, images } = source;
  const { precision, macsShare } = parseVariant(variant);
  const backbone = describeNetwork(plan.backbone);
  const { checkpoint } = await embedderWeights(plan, backbone, dependencies);
  const built = buildCandidate({ backbone, checkpoint, inputSize: plan.inputSize, labels, macsShare });
  if (precision === 'fp32') return built;
  // Nobody waits for a sign of it: it is a minute at most, and the activity beats by itself.
  const reporter = { progress: () => undefined, warning: () => Promise.resolve() };
  const { onnx } = await quantizeOnImages(built.onnx, { images, preprocessing, dependencies, reporter, signal });
  return { ...built, onnx };
};
