/** A pre-trained network, ready to run: what every command about models begins with. */
import { AppError } from '@graft/contracts';
import {
  buildClassifier,
  describeNetwork,
  isBackbone,
  loadCheckpoint,
  loadOnnxModel,
  loadTfjsModel,
  type NetworkDescription,
  type BackboneSource,
  type InputSize,
  type Runtime,
} from '@graft/models';
import { graftPaths } from '@graft/platform';
import { setupTensorflow, showTasks } from '@graft/tools';
import { createProgress } from '../../progress.js';
import type { ModelOptions, RuntimeName } from './options.js';

/** What `--weights` says, else where the catalog has the model's. */
const whereWeightsAre = (network: NetworkDescription, weights: string | undefined) => {
  if (weights !== undefined) return { reference: weights, expectedDigest: null };
  if (isBackbone(network)) return { reference: network.weights, expectedDigest: network.weightsDigest };
  throw new AppError('not_found', `the catalog has no weights of ${network.name}; name some with --weights`);
};

/** The network and its checkpoint; weights are fetched once and checked every time. */
export const openSource = async (options: ModelOptions): Promise<BackboneSource & { digest: string }> => {
  const backbone = describeNetwork(options.model);
  const { reference, expectedDigest } = whereWeightsAre(backbone, options.weights);
  const progress = createProgress('weights, MB');
  try {
    const { checkpoint, digest } = await loadCheckpoint(reference, {
      cacheDir: graftPaths().cacheDir,
      expectedDigest,
      onProgress: ({ receivedBytes, totalBytes }) =>
        progress.update(toMegabytes(receivedBytes), toMegabytes(totalBytes ?? receivedBytes)),
    });
    return { backbone, checkpoint, digest };
  } finally {
    progress.stop();
  }
};

const toMegabytes = (bytes: number): number => Math.round(bytes / 1e6);

/** tfjs needs its addon, which is built the first time that somebody asks for it. */
const loadTfjs = async (source: BackboneSource): Promise<Runtime> => {
  try {
    return await loadTfjsModel(source);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'missing_prerequisite') throw error;
    const { cacheDir } = graftPaths();
    await showTasks([
      {
        title: 'TensorFlow',
        run: async (onProgress) => (await setupTensorflow({ gpu: false, cacheDir, onProgress })).packageName,
      },
    ]);
    return loadTfjsModel(source);
  }
};

/** The whole network in one of its two forms; both take `input` and give `logits` and `probabilities`. */
export const openRuntime = (source: BackboneSource, runtime: RuntimeName): Promise<Runtime> =>
  runtime === 'tfjs' ? loadTfjs(source) : loadOnnxModel(buildClassifier(source));

/** Height and width of its input. */
export const sizeOf = ({ inputSize }: NetworkDescription): InputSize => ({ height: inputSize, width: inputSize });
