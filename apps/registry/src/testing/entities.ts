/** Whole, valid inputs for the integration specs: what ingestion, training and evaluation would register. */
import {
  digestOfText,
  type Artifact,
  modelOf,
  type Digest,
  type GateVerdict,
  type NewDatasetVersion,
  type NewModelVersion,
  type PipelineVersion,
  type ReplicaReport,
} from '@graft/contracts';
import type { Registry } from '@graft/registry-client';

export const digest = (text: string): Digest => digestOfText(text);

export const pipelineYaml = (name: string, extra = ''): string => `# ${name}
schemaVersion: pipeline.v1
name: ${name}
data:
  dataset: ${name}-images
${extra}`;

export const datasetVersion = (dataset: string, number: number, parent: Digest | null): NewDatasetVersion => ({
  id: digest(`${dataset} ${number}`),
  dataset,
  parent,
  labels: ['daisy', 'rose'],
  images: 100 * number,
  newImages: 100,
  bySplit: { train: 70 * number, val: 10 * number, test: 20 * number },
  bySource: { landing: 100 * number },
  quarantine: null,
  quarantined: 0,
  landingLog: null,
  ingestSeconds: 1.5,
});

const preprocessing = {
  schemaVersion: 'preprocessing.v1',
  inputSize: 224,
  cropShare: 0.875,
  interpolation: 'bicubic',
  mean: [127, 127, 127],
  std: [128, 128, 128],
} as const;

export const newVersion = (
  options: {
    runId: string;
    pipeline: PipelineVersion;
    datasetVersion: Digest;
    seed: string;
  } & Partial<NewModelVersion>,
): NewModelVersion => {
  const { runId, pipeline, datasetVersion: dataset, seed, ...overrides } = options;
  const interval = { value: 0.8, lower: 0.7, upper: 0.88, n: 100 };
  return {
    signature: {
      input: { name: 'input', shape: [-1, 3, 224, 224], datatype: 'FP32' },
      outputs: [{ name: 'probabilities', shape: [-1, 2], datatype: 'FP32' }],
      labels: ['daisy', 'rose'],
      preprocessing: { ...preprocessing, mean: [...preprocessing.mean], std: [...preprocessing.std] },
    },
    artifacts: [
      {
        kind: 'model',
        variant: 'fp32',
        digest: digest(`model ${seed}`),
        sizeBytes: 1000,
        mediaType: 'application/onnx',
      },
      { kind: 'golden', variant: '', digest: digest(`golden ${seed}`), sizeBytes: 100, mediaType: 'application/json' },
    ],
    lineage: {
      runId,
      pipeline: pipeline.name,
      pipelineDigest: pipeline.digest,
      trainDigest: digest(`train ${pipeline.name}`),
      datasetVersion: dataset,
      embedder: {
        schemaVersion: 'embedder.v1',
        backbone: 'efficientnet_lite0.in1k',
        weightsDigest: digest('weights'),
        onnxDigest: digest('embedder'),
        cut: 'global_pool',
        precision: 'fp32',
        weightBits: 32,
        featureLength: 1280,
        preprocessing: { ...preprocessing, mean: [...preprocessing.mean], std: [...preprocessing.std] },
      },
      code: { graft: '0.1.0', commit: null },
      runtime: { tensorflow: '2.15.1', onnxruntime: '1.23.0', node: '20.20.2', cpuClass: 'avx2' },
    },
    variant: 'fp32',
    variants: [],
    reportDigest: digest(`report ${seed}`),
    gateVerdict: 'pass',
    accuracy: interval,
    accuracyBySource: { landing: interval },
    autoPromote: false,
    requiredApprovals: 1,
    blocked: false,
    ...overrides,
  };
};

/** The fields of a version that comes in these variants, the first of which it prefers. */
export const inVariants = (
  seed: string,
  verdicts: Readonly<Record<string, GateVerdict>>,
): Pick<NewModelVersion, 'artifacts' | 'variant' | 'variants' | 'reportDigest' | 'gateVerdict'> => {
  const variants = Object.entries(verdicts).map(([variant, gateVerdict]) => ({
    variant,
    artifactDigest: digest(`model ${seed} ${variant}`),
    sizeBytes: 1000,
    reportDigest: digest(`report ${seed} ${variant}`),
    gateVerdict,
    accuracy: { value: 0.8, lower: 0.7, upper: 0.88, n: 100 },
    latencyP50Ms: 5,
  }));
  const [preferred] = variants;
  if (preferred === undefined) throw new Error('a version comes in one variant at least');
  return {
    artifacts: variants.flatMap(({ variant, artifactDigest, sizeBytes }): Artifact[] => [
      { kind: 'model', variant, digest: artifactDigest, sizeBytes, mediaType: 'application/onnx' },
      {
        kind: 'golden',
        variant,
        digest: digest(`golden ${seed} ${variant}`),
        sizeBytes: 100,
        mediaType: 'application/json',
      },
    ]),
    variant: preferred.variant,
    variants,
    reportDigest: preferred.reportDigest,
    gateVerdict: preferred.gateVerdict,
  };
};

/** A model with its pipeline and dataset, and verbs that take it through its life. */
export const createWorkshop = async (admin: Registry, name: string, pipelineExtra = '') => {
  const pipeline = await admin.applyPipeline(pipelineYaml(name, pipelineExtra));
  const dataset = pipeline.pipeline.data.dataset;
  const version = await admin.createDatasetVersion(datasetVersion(dataset, 1, null));
  const model = modelOf(pipeline.pipeline);
  let attempt = 0;
  const newRun = async () => {
    attempt += 1;
    return admin.createRun({
      pipeline: name,
      pipelineDigest: pipeline.digest,
      trainDigest: digest(`train ${name}`),
      datasetVersion: version.id,
      attempt,
      workflowId: `retrain/${name}/${attempt}`,
    });
  };
  /** Registers the next version. */
  const register = async (overrides: Partial<NewModelVersion> = {}) => {
    const run = await newRun();
    const body = newVersion({
      runId: run.id,
      pipeline,
      datasetVersion: version.id,
      seed: `${name} ${attempt}`,
      ...overrides,
    });
    return admin.createModelVersion(model, body);
  };
  const approve = async (number: number, reviewer: Registry = admin) => {
    const { reportDigest, championGeneration } = await admin.getReview(model, number);
    return reviewer.approve(model, number, { reportDigest, championGeneration, reason: 'looks right' });
  };
  const generation = async (environment = 'production'): Promise<number> =>
    (await admin.getDeployment(model, environment))?.generation ?? 0;
  const promote = async (number: number, environment = 'production', variant?: string) => {
    const { id } = await admin.requestPromotion(model, {
      version: number,
      ...(variant === undefined ? {} : { variant }),
      environment,
      expectedGeneration: await generation(environment),
      reason: `version ${number} is better`,
    });
    await admin.preparePromotion(id);
    return admin.commitPromotion(id);
  };
  /** Registers, approves and promotes: the next version serves. */
  const ship = async (overrides: Partial<NewModelVersion> = {}) => {
    const { version: number } = await register(overrides);
    await approve(number);
    await promote(number);
    return number;
  };
  return { model, pipeline, datasetVersion: version, newRun, register, approve, generation, promote, ship };
};

export const replicaReport = (overrides: Partial<ReplicaReport> = {}): ReplicaReport => ({
  environment: 'production',
  url: 'http://127.0.0.1:9000',
  cpuClass: 'avx2',
  leaseSeconds: 5,
  serving: [],
  prepared: [],
  problems: [],
  trials: [],
  ...overrides,
});
