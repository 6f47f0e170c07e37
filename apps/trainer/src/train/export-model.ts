/**
 * Makes one ONNX model of what is frozen and what was trained, compares it with what the trained form answered to images that
 * it did not learn from, and records golden outputs. The same weights give the same bytes.
 */
import { writeDocument } from '@graft/artifacts';
import {
  AppError,
  exportModelInputSchema,
  goldenSchema,
  signatureSchema,
  type Artifact,
  type BlobStore,
  type Digest,
  type Embedder,
  type Golden,
  type History,
  type TrainActivities,
} from '@graft/contracts';
import { loadOnnxModel, outputNamed, runImages } from '@graft/models';
import { whileBeating } from '@graft/platform/temporal';
import { defaultThreads, type TrainerDependencies } from '../dependencies.js';
import { readEmbedder } from '../embed/complete-features.js';
import { reportStage } from '../stage-reporter.js';
import { largestDifference, requireSameForm } from './compare-forms.js';
import { exportOnnx } from './export-onnx.js';
import { readTrained } from './read-trained.js';

type Dependencies = Pick<TrainerDependencies, 'registry' | 'blobs' | 'logger' | 'scope' | 'machine'>;

/** Same kernels: rounding of a batch's shape alone. Other kernels: fused or reordered sums, on probabilities. */
const GOLDEN_TOLERANCE = { sameClass: 1e-4, otherClass: 5e-3 };

interface ImageOutputs {
  readonly sha256: Digest;
  readonly logits: Float32Array;
  readonly probabilities: Float32Array;
}

/** One image at a time, as a replica checks them. */
const runOneByOne = async (
  onnx: Uint8Array,
  options: {
    readonly images: readonly Digest[];
    readonly blobs: BlobStore;
    readonly embedder: Embedder;
    readonly signal: AbortSignal;
  },
): Promise<ImageOutputs[]> => {
  const { images, blobs, embedder, signal } = options;
  const runtime = await loadOnnxModel(onnx, { threads: defaultThreads() });
  const found: ImageOutputs[] = [];
  try {
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
  } finally {
    await runtime.dispose();
  }
  return found;
};

/** @throws AppError `dataset_unfit` when the training could compare nothing. */
const comparedImages = ({ comparison }: History): Digest[] => {
  if (comparison.length > 0) return comparison.map(({ sha256 }) => sha256);
  throw new AppError(
    'dataset_unfit',
    'the dataset version has no image in val or test to compare the exported model on; land more images',
  );
};

const artifact = (kind: Artifact['kind'], variant: string, digest: Digest, sizeBytes: number): Artifact => ({
  kind,
  variant,
  digest,
  sizeBytes,
  mediaType: kind === 'model' ? 'application/octet-stream' : 'application/json',
});

/** @throws AppError `refused` when the exported form answers otherwise than the trained one, and as `readTrained` does. */
export const createExportModel =
  (dependencies: Dependencies): TrainActivities['exportModel'] =>
  (input) => {
    const {
      runId,
      model,
      history: historyDigest,
      trained: trainedDigest,
      ...identity
    } = exportModelInputSchema.parse(input);
    const { registry, blobs, logger, machine } = dependencies;
    const scope = dependencies.scope();
    const { signal } = scope;
    return whileBeating(scope, () =>
      reportStage({ registry, logger, runId, stage: 'export' }, async () => {
        const embedder = await readEmbedder(blobs, identity.embedder);
        const trained = await readTrained(blobs, { ...identity, trained: trainedDigest, history: historyDigest });
        const { history, labels, tensorflow } = trained;
        const images = comparedImages(history);
        const onnx = await exportOnnx(trained, {
          embedder,
          blobs,
          metadata: { model, backbone: embedder.backbone, trained: trainedDigest, ...identity },
        });
        const outputs = await runOneByOne(onnx, { images, blobs, embedder, signal });
        const difference = requireSameForm(
          outputs.map(({ sha256, logits }, index) => ({
            sha256,
            difference: largestDifference(history.comparison[index]?.logits ?? [], logits),
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
        const outputOf = (name: string) => ({ name, shape: [-1, labels.length], datatype: 'FP32' as const });
        const signature = await writeDocument(blobs, signatureSchema, {
          input: { name: 'input', shape: [-1, 3, size, size], datatype: 'FP32' },
          outputs: [outputOf('logits'), outputOf('probabilities')],
          labels: [...labels],
          preprocessing: embedder.preprocessing,
        });
        const goldenBytes = (await blobs.get(goldenDigest)).byteLength;
        return {
          result: {
            model: artifact('model', 'fp32', digest, onnx.byteLength),
            golden: artifact('golden', '', goldenDigest, goldenBytes),
            signature,
            runtime: {
              tensorflow,
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
