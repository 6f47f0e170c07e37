/**
 * Builds the frozen part of a plan's network as an ONNX artifact. In float32 the same plan gives the same bytes; in eight bits
 * they depend on the images that calibrate it, so a pipeline calibrates once, and what is cached under it stays of use.
 */
import { readDocument, writeDocument } from '@graft/artifacts';
import {
  embedderSchema,
  prepareEmbedderInputSchema,
  trainingPlanSchema,
  type Digest,
  type EmbedActivities,
  type Embedder,
} from '@graft/contracts';
import { readDatasetVersion } from '@graft/data';
import { buildEmbedder, describeNetwork, type BuiltEmbedder } from '@graft/models';
import { whileBeating } from '@graft/platform/temporal';
import type { TrainerDependencies } from '../dependencies.js';
import { quantizeOnImages } from '../quantize/quantize-on-images.js';
import { weightBitsOf } from '../quantize/weight-bits.js';
import { reportStage, type StageReporter } from '../stage-reporter.js';
import { embedderIdentity } from './embedder-identity.js';
import { embedderWeights } from './embedder-weights.js';

export type PrepareEmbedderDependencies = Pick<
  TrainerDependencies,
  'registry' | 'blobs' | 'logger' | 'scope' | 'bucket' | 'cacheDir' | 'machine'
>;

/** An embedder's document, and what a run's list of stages shows of it. */
interface Prepared {
  readonly embedder: Digest;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

type Described = Omit<Embedder, 'onnxDigest'>;

const keep = async (
  { blobs }: Pick<PrepareEmbedderDependencies, 'blobs'>,
  described: Described,
  onnx: Uint8Array,
): Promise<Digest> => {
  const onnxDigest = await blobs.put(onnx, { mediaType: 'application/octet-stream' });
  return writeDocument(blobs, embedderSchema, { ...described, onnxDigest });
};

/** The pipeline's embedder in eight bits: the one that it has, or the one that is calibrated now. */
const prepareQuantized = async (
  dependencies: PrepareEmbedderDependencies,
  { onnx }: BuiltEmbedder,
  options: {
    readonly runId: string;
    readonly described: Described;
    readonly datasetVersion: Digest;
    readonly reporter: StageReporter;
    readonly signal: AbortSignal;
  },
): Promise<Prepared> => {
  const { registry, blobs, machine } = dependencies;
  const { runId, datasetVersion, reporter, signal } = options;
  const weightBits = weightBitsOf(machine.cpuClass);
  const described: Described = { ...options.described, precision: 'int8', weightBits };
  const identity = embedderIdentity(described);
  const { pipeline } = await registry.getRun(runId);
  const known = await registry.findPipelineEmbedder(pipeline, identity);
  if (known !== null) return { embedder: known, facts: { calibrated: false, weightBits } };

  const { images } = await readDatasetVersion(blobs, datasetVersion);
  const { preprocessing } = described;
  const quantized = await quantizeOnImages(onnx, { images, preprocessing, dependencies, reporter, signal });
  const made = await keep(dependencies, described, quantized.onnx);
  const embedder = await registry.keepPipelineEmbedder(pipeline, identity, made);
  return { embedder, facts: { calibrated: embedder === made, ...quantized.facts } };
};

/** @throws AppError whatever keeps the plan, its weights or images from being read, or the network from being cut there. */
export const createPrepareEmbedder =
  (dependencies: PrepareEmbedderDependencies): EmbedActivities['prepareEmbedder'] =>
  (input) => {
    const { runId, plan: planDigest, datasetVersion } = prepareEmbedderInputSchema.parse(input);
    const { registry, blobs, logger } = dependencies;
    const scope = dependencies.scope();
    const { signal } = scope;
    return whileBeating(scope, () =>
      reportStage({ registry, logger, runId, stage: 'embedder' }, async (reporter) => {
        const plan = await readDocument(blobs, trainingPlanSchema, planDigest);
        const { inputSize } = plan;
        const backbone = describeNetwork(plan.backbone);
        const { checkpoint, digest: weightsDigest } = await embedderWeights(plan, backbone, dependencies);
        const built = buildEmbedder({
          backbone,
          checkpoint,
          size: { height: inputSize, width: inputSize },
          cut: plan.cut,
        });
        const { cut, featureLength, shape, onnx } = built;
        const { name } = backbone;
        const described: Described = {
          schemaVersion: 'embedder.v1',
          backbone: name,
          weightsDigest,
          precision: 'fp32',
          weightBits: 32,
          cut,
          featureLength,
          ...(shape === undefined ? {} : { shape }),
          preprocessing: { ...backbone.preprocessing, inputSize },
        };
        const { embedder, facts }: Prepared =
          plan.embedder === 'int8'
            ? await prepareQuantized(dependencies, built, { runId, described, datasetVersion, reporter, signal })
            : { embedder: await keep(dependencies, described, onnx), facts: { bytes: onnx.byteLength } };
        return {
          result: { embedder },
          data: { backbone: name, cut, featureLength, precision: plan.embedder, ...facts },
        };
      }),
    );
  };
