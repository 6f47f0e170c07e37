/** A pre-trained network, ready to run: what every command about models begins with. */
import { readFile } from 'node:fs/promises';
import { AppError } from '@graft/contracts';
import {
  buildClassifier,
  findBackbone,
  loadOnnxModel,
  loadTfjsModel,
  readCheckpoint,
  resolveWeights,
  type Backbone,
  type BackboneSource,
  type InputSize,
  type Runtime,
} from '@graft/models';
import { graftPaths } from '@graft/platform';
import { setupTensorflow, showTasks } from '@graft/tools';
import type { ModelOptions, RuntimeName } from './options.js';

/** The network and its checkpoint; weights are fetched once and checked every time. */
export const openSource = async ({ model, weights }: ModelOptions): Promise<BackboneSource & { digest: string }> => {
  const backbone = findBackbone(model);
  const { path, digest } = await resolveWeights(weights ?? backbone.weights, {
    cacheDir: graftPaths().cacheDir,
    ...(weights === undefined ? { expectedDigest: backbone.weightsDigest } : {}),
  });
  return { backbone, checkpoint: readCheckpoint(await readFile(path)), digest };
};

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
export const sizeOf = ({ inputSize }: Backbone): InputSize => ({ height: inputSize, width: inputSize });
