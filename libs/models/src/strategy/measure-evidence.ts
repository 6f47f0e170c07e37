/** Looks at a few images through a pre-trained network: one forward pass up to its cut, and the rest from the features. */
import { performance } from 'node:perf_hooks';
import { AppError, toAppError } from '@graft/contracts';
import type { NetworkDescription } from '../catalog/backbone.js';
import type { Checkpoint } from '../checkpoint/checkpoint-tensor.js';
import { weightOf } from '../graph/weights.js';
import { loadNetwork } from '../network/load-network.js';
import { buildEmbedder, FEATURES, sourceOfNetwork, type BackboneSource } from '../onnx/build-embedder.js';
import { loadOnnxModel } from '../runtime/onnxruntime.js';
import { outputNamed, runImages } from '../runtime/run-images.js';
import type { Evidence } from './evidence.js';
import { separability, type LabelledRows } from './separability.js';

export interface EvidenceRequest {
  readonly backbone: NetworkDescription;
  readonly checkpoint: Checkpoint;
  /** Height and width of the input, pixels. */
  readonly inputSize: number;
  /** Names of the images that are looked at, and the class of each. */
  readonly images: readonly { readonly image: string; readonly label: number }[];
  readonly classes: number;
  readonly load: (image: string) => Promise<Uint8Array>;
  readonly signal?: AbortSignal;
  /** Images looked at so far. */
  readonly onProgress?: (done: number) => void;
}

interface Classifier {
  /** [classes, length] and [classes]. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/** How sure one is of its first guess depends on how many there are: only a classifier of many classes says something. */
const LEAST_CLASSES = 100;

/** The checkpoint's own classifier, or null where it has none that says how familiar an image looks. */
const ownClassifier = (source: BackboneSource): Classifier | null => {
  try {
    const { architecture, weights } = loadNetwork(sourceOfNetwork(source));
    const bias = weightOf(weights, architecture.classifier, 'bias');
    if (bias.length < LEAST_CLASSES) return null;
    return { weights: weightOf(weights, architecture.classifier, 'weight'), bias };
  } catch (thrown) {
    // The features fitted: it is the classifier that is missing or of another form.
    if (toAppError(thrown).code === 'checkpoint_unfit') return null;
    throw thrown;
  }
};

/** Probability of the first guess for one row of features. */
const firstGuess = (features: Float32Array, { weights, bias }: Classifier): number => {
  const logits = Float64Array.from(bias);
  for (let unit = 0; unit < bias.length; unit += 1) {
    let sum = bias[unit] ?? 0;
    const from = unit * features.length;
    for (let k = 0; k < features.length; k += 1) sum += (weights[from + k] ?? 0) * (features[k] ?? 0);
    logits[unit] = sum;
  }
  const largest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
  return 1 / logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
};

const meanFirstGuess = ({ features, length, labels }: LabelledRows, classifier: Classifier): number => {
  const sum = labels.reduce(
    (total, _, row) => total + firstGuess(features.subarray(row * length, (row + 1) * length), classifier),
    0,
  );
  return sum / labels.length;
};

/**
 * How sure the checkpoint's own classifier is of its first guess, on average (`Evidence.familiarity`); null where it has none of
 * many classes.
 * @param rows features of the network's cut.
 */
export const measureFamiliarity = (source: BackboneSource, rows: LabelledRows): number | null => {
  const classifier = ownClassifier(source);
  return classifier === null ? null : meanFirstGuess(rows, classifier);
};

/**
 * @throws AppError `checkpoint_unfit` when the weights aren't this network's; `image_unfit`, `not_found` naming the image that
 * can't be read; the signal's reason when it aborts.
 */
export const measureEvidence = async (request: EvidenceRequest): Promise<Evidence> => {
  const { backbone, checkpoint, inputSize, images, classes, load, signal, onProgress } = request;
  if (images.length === 0) throw new AppError('invalid_request', 'there are no images to look at');
  const source = { backbone, checkpoint, size: { height: inputSize, width: inputSize } };
  const { onnx, featureLength: length } = buildEmbedder(source);
  const runtime = await loadOnnxModel(onnx, { spinning: false });
  const features = new Float32Array(images.length * length);
  // The first batch pays for what every later one finds ready: it isn't timed.
  let [timedMs, timedImages, isWarm] = [0, 0, false];
  try {
    await runImages({
      images: images.map(({ image }) => image),
      load,
      preprocessing: { ...backbone.preprocessing, inputSize },
      runtime: {
        run: async (input, batch) => {
          const startedMs = performance.now();
          const outputs = await runtime.run(input, batch);
          if (isWarm) [timedMs, timedImages] = [timedMs + performance.now() - startedMs, timedImages + batch];
          isWarm = true;
          return outputs;
        },
      },
      ...(signal ? { signal } : {}),
      onBatch: ({ outputs, offset, count }) => {
        features.set(outputNamed(outputs, FEATURES), offset * length);
        onProgress?.(offset + count);
      },
    });
  } finally {
    await runtime.dispose();
  }
  const rows = { features, length, labels: images.map(({ label }) => label), classes };
  return {
    images: images.length,
    familiarity: measureFamiliarity(source, rows),
    separability: separability(rows),
    imagesPerSecond: timedImages === 0 ? null : (1000 * timedImages) / timedMs,
  };
};
