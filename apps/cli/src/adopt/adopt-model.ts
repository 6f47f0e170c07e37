/** Makes a model that is in production elsewhere a version of a model here. */
import { basename } from 'node:path';
import {
  AppError,
  digestOfBytes,
  isAdopted,
  modelOf,
  pipelineGateSchema,
  servesMadeError,
  type BlobStore,
  type DatasetVersion,
  type Evaluation,
  type GatePolicy,
  type ModelVersion,
} from '@graft/contracts';
import { readDatasetVersion } from '@graft/data';
import { onnxruntimeVersion } from '@graft/models';
import { detectCpuClass, versionInfo } from '@graft/platform';
import type { Registry } from '@graft/registry-client';
import { evaluateForeign } from './evaluate-foreign.js';
import { placeLabels } from './labels.js';
import { openForeign } from './open-foreign.js';
import type { ChosenPreprocessing } from './preprocessing.js';

export interface AdoptRequest {
  readonly model: string;
  readonly file: { readonly path: string; readonly bytes: Uint8Array };
  /** In the order of its outputs. */
  readonly labels: readonly string[];
  readonly datasetVersion: DatasetVersion;
  readonly preprocessing: ChosenPreprocessing;
  /** As it was chosen: a preset's name, or a path. */
  readonly preprocessingName: string;
  readonly inputSize?: number | undefined;
  /** Of the external version that it is. */
  readonly number?: number | undefined;
  readonly variant: string;
  readonly environment: string;
  readonly reason: string;
  /** Adopts it also where the gate fails. */
  readonly overrideGate: boolean;
}

export interface Adopted {
  readonly version: ModelVersion;
  readonly evaluation: Evaluation;
  /** What was put around it, for a person. */
  readonly changes: readonly string[];
  /** Test images of labels that it doesn't know. */
  readonly leftOut: number;
}

type AdoptRegistry = Pick<
  Registry,
  'adoptVersion' | 'getDeployment' | 'getModelVersion' | 'listModelVersions' | 'listPipelines'
>;

/** Of the pipeline that makes the model's next versions, where there is one; else the usual one. */
const gateOf = async (registry: AdoptRegistry, model: string): Promise<GatePolicy> => {
  const found = (await registry.listPipelines()).find(({ pipeline }) => modelOf(pipeline) === model);
  return found?.pipeline.gate ?? pipelineGateSchema.parse({});
};

/**
 * What the registry would refuse in the end, before anything is judged: that takes minutes. What was adopted before is found again,
 * whatever serves now.
 */
const checkNothingMadeServes = async (registry: AdoptRegistry, request: AdoptRequest): Promise<void> => {
  const { model, environment, file } = request;
  const served = await registry.getDeployment(model, environment);
  if (served === null) return;
  const { version } = served.target;
  if (isAdopted((await registry.getModelVersion(model, version)).lineage)) return;
  const digest = digestOfBytes(file.bytes);
  const isThere = (await registry.listModelVersions(model)).some(
    ({ lineage }) => isAdopted(lineage) && lineage.adopted.fileDigest === digest,
  );
  if (!isThere) throw servesMadeError({ model, environment, version, generation: served.generation });
};

/** Enough to see what a model gives. */
const PROBES = 4;

const checkGate = ({ gate, metrics }: Evaluation, { overrideGate }: AdoptRequest): void => {
  if (gate.verdict !== 'fail' || overrideGate) return;
  const failed = gate.checks
    .filter(({ verdict }) => verdict === 'fail')
    .map(({ name, detail }) => `${name}: ${detail}`);
  throw new AppError(
    'refused',
    `the gate fails it on ${metrics.images} test images: ${failed.join('; ')}. Is its preprocessing another one, or the order of its ` +
      'labels? Nothing was registered; --override-gate adopts it all the same',
    { details: { gate } },
  );
};

/**
 * Checks the file, judges it on the dataset's test split, and registers it as an approved version. The same again is the version that is
 * there.
 * @throws AppError `checkpoint_unfit` for a file that can't be served, `refused` where labels don't fit, the gate fails, or the
 *   environment serves the model already, `dataset_unfit` without test images
 */
export const adoptModel = async (
  { registry, blobs }: { readonly registry: AdoptRegistry; readonly blobs: BlobStore },
  request: AdoptRequest,
  onProgress?: (done: number, total: number) => void,
): Promise<Adopted> => {
  const { model, file, datasetVersion: data, environment, reason, variant, number } = request;
  await checkNothingMadeServes(registry, request);
  const { root, images } = await readDatasetVersion(blobs, data.id);
  const { labels, order } = placeLabels(request.labels, root);
  const test = images.filter(({ split }) => split === 'test');
  const known = test.filter(({ label }) => labels.includes(label));
  const probes = await Promise.all(known.slice(0, PROBES).map(({ sha256 }) => blobs.get(sha256)));
  const opened = await openForeign({
    ...{ bytes: file.bytes, file: file.path, order, probes },
    ...{ preprocessing: request.preprocessing, inputSize: request.inputSize },
  });
  try {
    const gate = await gateOf(registry, model);
    const judging = { blobs, images: known, labels, datasetVersion: data.id, variant, gate };
    const { evaluation, reportDigest, artifacts } = await evaluateForeign(opened, judging, onProgress);
    checkGate(evaluation, request);
    const { accuracy, accuracyBySource } = evaluation.metrics;
    const side = opened.inputSize;
    const version = await registry.adoptVersion(model, {
      signature: {
        input: { name: opened.inputName, shape: [-1, 3, side, side], datatype: 'FP32' },
        outputs: [{ name: 'probabilities', shape: [-1, labels.length], datatype: 'FP32' }],
        ...{ labels: [...labels], preprocessing: opened.preprocessing },
      },
      artifacts: [...artifacts],
      lineage: {
        adopted: {
          ...{ file: basename(file.path), fileDigest: digestOfBytes(file.bytes), opset: opened.opset },
          ...{ producer: opened.producer, changes: [...opened.changes], preprocessing: request.preprocessingName },
        },
        ...{ datasetVersion: data.id, code: versionInfo() },
        runtime: { onnxruntime: onnxruntimeVersion(), node: process.versions.node, cpuClass: detectCpuClass() },
      },
      ...{ variant, reportDigest, gateVerdict: evaluation.gate.verdict, accuracy, accuracyBySource },
      variants: [
        {
          ...{ variant, artifactDigest: evaluation.artifactDigest, sizeBytes: evaluation.sizeBytes, reportDigest },
          ...{ gateVerdict: evaluation.gate.verdict, accuracy, latencyP50Ms: evaluation.latency.p50Ms },
        },
      ],
      ...{ environment, reason, ...(number === undefined ? {} : { number }) },
    });
    return { version, evaluation, changes: opened.changes, leftOut: test.length - known.length };
  } finally {
    await opened.runtime.dispose();
  }
};
