/**
 * Joins embedder and head to one ONNX model, compares it with the form it was trained in on real images that it did not
 * learn from, and records golden outputs. The same head gives the same bytes.
 */
import { writeDocument } from '@graft/artifacts';
import {
  AppError,
  canonicalJson,
  digestSchema,
  exportModelInputSchema,
  goldenSchema,
  labelSchema,
  signatureSchema,
  type Artifact,
  type BlobStore,
  type Digest,
  type Embedder,
  type Golden,
  type ManifestImage,
  type TrainActivities,
} from '@graft/contracts';
import { readDatasetVersion } from '@graft/data';
import {
  joinHead,
  loadOnnxModel,
  outputNamed,
  PREPROCESSING_KEY,
  readSafetensors,
  runImages,
  type Runtime,
} from '@graft/models';
import { z } from 'zod';
import type { ActivationCache } from '../activation-cache/activation-cache.js';
import { whileBeating } from '@graft/platform/temporal';
import { imagesOfSplit } from '../dataset-images.js';
import { defaultThreads, type TrainerDependencies } from '../dependencies.js';
import { completeFeatures, readEmbedder } from '../embed/complete-features.js';
import { reportStage } from '../stage-reporter.js';
import { headLogits, largestDifference, requireSameForm, type Head } from './compare-forms.js';

type Dependencies = Pick<TrainerDependencies, 'registry' | 'blobs' | 'logger' | 'scope' | 'runtimes' | 'machine'> & {
  readonly cacheOf: (embedder: Embedder) => ActivationCache;
};

const GOLDEN_IMAGES = 8;
/** Same kernels: rounding of a batch's shape alone. Other kernels: fused or reordered sums, on probabilities. */
const GOLDEN_TOLERANCE = { sameClass: 1e-4, otherClass: 5e-3 };

interface StoredHead extends Head {
  readonly labels: string[];
  /** The TensorFlow that trained it. */
  readonly tensorflow: string;
}

const readHead = async (blobs: BlobStore, digest: Digest): Promise<StoredHead> => {
  const { tensors, metadata } = readSafetensors(await blobs.get(digest));
  const weights = tensors.get('weights')?.data;
  const bias = tensors.get('bias')?.data;
  const labels = z.array(labelSchema).safeParse(JSON.parse(metadata.get('labels') ?? 'null'));
  if (!(weights instanceof Float32Array) || !(bias instanceof Float32Array) || !labels.success) {
    throw new AppError('corrupt', `object ${digest} is not a head: weights, bias or labels are missing`);
  }
  return { weights, bias, labels: labels.data, tensorflow: metadata.get('tensorflow') ?? 'unknown' };
};

/** Images from val and test, spread over the labels, in an order that the version alone decides. */
const chooseImages = (images: readonly ManifestImage[], count: number): Digest[] => {
  const held = [...imagesOfSplit(images, 'test'), ...imagesOfSplit(images, 'val')];
  const seen = new Map<string, number>();
  const ranked = held.map((image, index) => {
    const round = seen.get(image.label) ?? 0;
    seen.set(image.label, round + 1);
    return { sha256: digestSchema.parse(image.sha256), round, index };
  });
  ranked.sort((a, b) => a.round - b.round || a.index - b.index);
  return [...new Set(ranked.map(({ sha256 }) => sha256))].slice(0, count);
};

interface ImageOutputs {
  readonly sha256: Digest;
  readonly logits: Float32Array;
  readonly probabilities: Float32Array;
}

/** One image at a time, as a replica checks them. */
const runOneByOne = async (options: {
  readonly images: readonly Digest[];
  readonly blobs: BlobStore;
  readonly embedder: Embedder;
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
}): Promise<ImageOutputs[]> => {
  const { images, blobs, embedder, runtime, signal } = options;
  const found: ImageOutputs[] = [];
  await runImages({
    images,
    load: (sha256) => blobs.get(sha256),
    preprocessing: embedder.preprocessing,
    runtime,
    batchSize: 1,
    signal,
    onBatch: ({ outputs, offset }) => {
      const [sha256] = images.slice(offset, offset + 1);
      if (sha256 === undefined) return;
      const logits = outputNamed(outputs, 'logits').slice();
      found.push({ sha256, logits, probabilities: outputNamed(outputs, 'probabilities').slice() });
    },
  });
  return found;
};

export const createExportModel =
  (dependencies: Dependencies): TrainActivities['exportModel'] =>
  (input) => {
    const {
      runId,
      model,
      embedder: embedderDigest,
      head: headDigest,
      datasetVersion,
    } = exportModelInputSchema.parse(input);
    const { registry, blobs, logger, machine, cacheOf } = dependencies;
    const scope = dependencies.scope();
    const { signal } = scope;
    return whileBeating(scope, () =>
      reportStage({ registry, logger, runId, stage: 'export' }, async () => {
        const embedder = await readEmbedder(blobs, embedderDigest);
        const head = await readHead(blobs, headDigest);
        const onnx = joinHead({
          embedderOnnx: await blobs.get(embedder.onnxDigest),
          head,
          labels: head.labels,
          metadata: {
            model,
            backbone: embedder.backbone,
            embedder: embedderDigest,
            head: headDigest,
            datasetVersion,
            [PREPROCESSING_KEY]: canonicalJson(embedder.preprocessing),
          },
        });
        const { images } = await readDatasetVersion(blobs, datasetVersion);
        const chosen = chooseImages(images, GOLDEN_IMAGES);
        if (chosen.length === 0) {
          throw new AppError(
            'dataset_unfit',
            'the dataset version has no image in val or test to compare the exported model on; land more images',
          );
        }

        const runtime = await loadOnnxModel(onnx, { threads: defaultThreads() });
        let outputs: ImageOutputs[];
        try {
          outputs = await runOneByOne({ images: chosen, blobs, embedder, runtime, signal });
        } finally {
          await runtime.dispose();
        }
        const source = completeFeatures({ dependencies, cache: cacheOf(embedder), embedder, signal });
        const { values, length } = await source.features(chosen);
        const difference = requireSameForm(
          outputs.map(({ sha256, logits }, index) => ({
            sha256,
            difference: largestDifference(
              headLogits(head, values.subarray(index * length, (index + 1) * length)),
              logits,
            ),
          })),
        );

        const digest = await blobs.put(onnx, { mediaType: 'application/octet-stream' });
        const golden: Golden = {
          schemaVersion: 'golden.v1',
          artifactDigest: digest,
          cpuClass: machine.cpuClass,
          cases: outputs.map(({ sha256, probabilities }) => ({ sha256, probabilities: [...probabilities] })),
          tolerance: GOLDEN_TOLERANCE,
        };
        const goldenDigest = await writeDocument(blobs, goldenSchema, golden);
        const size = embedder.preprocessing.inputSize;
        const classes = head.labels.length;
        const signature = await writeDocument(blobs, signatureSchema, {
          input: { name: 'input', shape: [-1, 3, size, size], datatype: 'FP32' },
          outputs: [
            { name: 'logits', shape: [-1, classes], datatype: 'FP32' },
            { name: 'probabilities', shape: [-1, classes], datatype: 'FP32' },
          ],
          labels: head.labels,
          preprocessing: embedder.preprocessing,
        });
        const artifact = (kind: Artifact['kind'], variant: string, digest: Digest, sizeBytes: number): Artifact => ({
          kind,
          variant,
          digest,
          sizeBytes,
          mediaType: kind === 'model' ? 'application/octet-stream' : 'application/json',
        });
        const goldenBytes = (await blobs.get(goldenDigest)).byteLength;
        return {
          result: {
            model: artifact('model', 'fp32', digest, onnx.byteLength),
            golden: artifact('golden', '', goldenDigest, goldenBytes),
            signature,
            runtime: {
              tensorflow: head.tensorflow,
              onnxruntime: machine.onnxruntimeVersion,
              node: process.version,
              cpuClass: machine.cpuClass,
            },
          },
          data: { bytes: onnx.byteLength, compared: outputs.length, largestDifference: difference },
        };
      }),
    );
  };
