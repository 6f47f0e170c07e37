/** A pre-trained network, ready to run: what every command about models begins with. */
import { readFromBuckets } from '@graft/artifacts';
import { AppError } from '@graft/contracts';
import {
  buildClassifier,
  describeNetwork,
  findArchitecture,
  graphOf,
  loadCheckpoint,
  loadOnnxModel,
  loadTfjsModel,
  weightsOf,
  type BackboneSource,
  type InputSize,
  type Runtime,
} from '@graft/models';
import { graftPaths } from '@graft/platform';
import { setupTensorflow, showTasks } from '@graft/tools';
import { openBucket } from '../../context.js';
import { createProgress } from '../../progress.js';
import type { ModelOptions, RuntimeName } from './options.js';

/**
 * The network and its checkpoint; weights are fetched once and checked every time.
 * @param size of the input; default: the network's own. One that it can't take is refused before anything is fetched.
 */
export const openSource = async (
  { model, weights }: ModelOptions,
  size?: InputSize,
): Promise<Required<BackboneSource> & { digest: string }> => {
  const backbone = describeNetwork(model);
  const wanted = size ?? { height: backbone.inputSize, width: backbone.inputSize };
  graphOf(findArchitecture(backbone.architecture), wanted, backbone.classes);
  const { reference, expectedDigest } = weightsOf(backbone, weights);
  const progress = createProgress('weights, MB');
  try {
    const { checkpoint, digest } = await loadCheckpoint(reference, {
      cacheDir: graftPaths().cacheDir,
      expectedDigest,
      // The store that GRAFT_S3_… name.
      objects: readFromBuckets((bucket) => openBucket(process.env, bucket)),
      onProgress: ({ receivedBytes, totalBytes }) =>
        progress.update(toMegabytes(receivedBytes), toMegabytes(totalBytes ?? receivedBytes)),
    });
    return { backbone, checkpoint, size: wanted, digest };
  } catch (error) {
    throw about(reference, error);
  } finally {
    progress.stop();
  }
};

/** A file's fault, with the file's name. */
export const about = (file: string, thrown: unknown): unknown => {
  if (!(thrown instanceof AppError) || thrown.code !== 'checkpoint_unfit') return thrown;
  return new AppError(thrown.code, `${file}: ${thrown.message}`, { details: thrown.details, cause: thrown });
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
