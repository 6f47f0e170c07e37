/** One valid document of every schema, and what each must refuse. The contract tests iterate over these. */
import type { z } from 'zod';
import {
  embedChunkInputSchema,
  evaluateModelInputSchema,
  exportModelInputSchema,
  measureDriftInputSchema,
  planEmbeddingInputSchema,
  planPruningInputSchema,
  planTrainingInputSchema,
  prepareEmbedderInputSchema,
  quantizeModelInputSchema,
  registerVersionInputSchema,
  trainModelInputSchema,
} from '../activities.js';
import {
  deploymentSchema,
  desiredStateSchema,
  ledgerEntrySchema,
  newPromotionSchema,
  preparationSchema,
  promotionSchema,
  registryEventSchema,
  replicaReportSchema,
  rollbackRequestSchema,
} from '../deployment.js';
import { driftSchema } from '../drift.js';
import { evaluationSchema } from '../evaluation.js';
import { classificationSchema, classifyRequestSchema } from '../feedback.js';
import { goldenSchema } from '../golden.js';
import { historySchema } from '../history.js';
import { inspectedChunkSchema, landingChunkSchema, landingLogSchema, landingLogShardSchema } from '../landing.js';
import {
  datasetPolicySchema,
  datasetRootSchema,
  datasetSchema,
  manifestImageSchema,
  manifestShardSchema,
  quarantineSchema,
} from '../manifest.js';
import {
  activationKeySchema,
  activationsSchema,
  artifactSchema,
  embedderSchema,
  adoptedLineageSchema,
  lineageSchema,
  signatureSchema,
} from '../model-artifact.js';
import { aheadSchema, epochRaiseSchema, epochSchema, positionSchema, raisedEpochSchema } from '../epoch.js';
import { freezeRequestSchema, freezeSchema } from '../freeze.js';
import { modelSchema, modelVersionSchema, reviewDecisionSchema, reviewSchema } from '../model-version.js';
import { pipelineSchema } from '../pipeline.js';
import { trainingPlanSchema } from '../training-plan.js';
import { predictionsSchema } from '../predictions.js';
import { problemSchema } from '../problem.js';
import { newRunEventSchema, runEventSchema, runSchema } from '../run.js';
import {
  ingestDatasetInputSchema,
  promoteInputSchema,
  retrainInputSchema,
  watchDatasetInputSchema,
} from '../workflows.js';
import { DATA_SAMPLES } from './data-samples.js';
import { ACCESS_SAMPLES } from './access-samples.js';
import { COLLECTION_SAMPLES } from './collection-samples.js';
import { ERASURE_SAMPLES } from './erasure-samples.js';
import { FEEDBACK_SAMPLES } from './feedback-samples.js';
import { PIN_SAMPLES } from './pin-samples.js';
import { REPLICA_SAMPLES } from './replica-samples.js';
import { UPLOAD_SAMPLES } from './upload-samples.js';
import { TRIAL_SAMPLES } from './trial-samples.js';
import { WEBHOOK_SAMPLES } from './webhook-samples.js';
import { BULK_SAMPLES } from './bulk-samples.js';
import { REPRODUCTION_SAMPLES } from './reproduction-samples.js';
import { SELECTION_SAMPLES } from './selection-samples.js';

type Document = Record<string, unknown>;

/** A change that must make a document invalid: a path of keys, and the value to put there. */
export interface Refusal {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

export interface SchemaSample {
  readonly name: string;
  readonly schema: z.ZodType;
  readonly valid: Document;
  readonly refuses: readonly Refusal[];
}

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const NOW = '2026-01-02T03:04:05.678Z';
const AHEAD = {
  ...{ replica: 'replica-1', model: 'insects', environment: 'production' },
  serves: { epoch: 1, generation: 5, version: 4 },
  ledger: { epoch: 1, generation: 3 },
};
const interval = { value: 0.75, lower: 0.6, upper: 0.86, n: 40 };
const preprocessing = {
  schemaVersion: 'preprocessing.v1',
  inputSize: 224,
  cropShare: 0.875,
  interpolation: 'bicubic',
  mean: [127, 127, 127],
  std: [128, 128, 128],
};
const image = {
  sha256: A,
  pixelSha256: B,
  perceptualHash: '00ff00ff00ff00ff',
  label: 'Food & Drink',
  group: '1f34e',
  split: 'train',
  source: 'google',
  key: 'emoji/Food & Drink/1f34e.png',
  width: 64,
  height: 64,
  sizeBytes: 2048,
};
const splitCounts = { train: 7, val: 1, test: 2 };
const signature = {
  input: { name: 'input', shape: [-1, 3, 224, 224], datatype: 'FP32' },
  outputs: [{ name: 'probabilities', shape: [-1, 2], datatype: 'FP32' }],
  labels: ['ants', 'bees'],
  preprocessing,
};
const embedder = {
  schemaVersion: 'embedder.v1',
  backbone: 'efficientnet_lite0.in1k',
  weightsDigest: A,
  onnxDigest: B,
  cut: 'pool',
  featureLength: 1280,
  preprocessing,
};
const artifact = { kind: 'model', variant: 'fp32', digest: A, sizeBytes: 10, mediaType: 'application/octet-stream' };
const metrics = {
  images: 40,
  accuracy: interval,
  balancedAccuracy: 0.74,
  macroF1: 0.73,
  ece: 0.04,
  reliability: [{ lower: 0.8, upper: 0.9, confidence: 0.85, accuracy: interval }],
  perClass: [{ label: 'ants', support: 20, precision: interval, recall: interval, f1: 0.7 }],
  confusion: [
    [15, 5],
    [5, 15],
  ],
  accuracyBySource: { landing: interval },
};
const latency = { p50Ms: 6.1, p99Ms: 9.4, rounds: 30, cpuClass: 'bf16' };
const pipeline = { schemaVersion: 'pipeline.v1', name: 'insects', data: { dataset: 'insects' } };
const train = pipelineSchema.parse(pipeline).train;
const settings = {
  epochs: 30,
  batchSize: 32,
  optimizer: 'adamw',
  momentum: 0.9,
  learningRate: 0.001,
  warmUp: 0.05,
  layerDecay: 1,
  weightDecay: 0.05,
  labelSmoothing: 0.1,
  classWeights: 'none',
  clipNorm: 1,
  averageDecay: null,
  batchNorm: 'frozen',
  augment: null,
  precision: 'auto',
  patience: 8,
  keeps: 'best',
  seed: 0,
};
const lineage = {
  runId: 'run-1',
  pipeline: 'insects',
  pipelineDigest: A,
  trainDigest: B,
  datasetVersion: A,
  embedder,
  code: { graft: '0.1.0', commit: null },
  runtime: { tensorflow: '2.21.0', onnxruntime: '1.30.0', node: '20.20.2', cpuClass: 'bf16' },
};
const paired = {
  images: 40,
  bothRight: 28,
  onlyCandidateRight: 6,
  onlyChampionRight: 2,
  bothWrong: 4,
  difference: { value: 0.1, lower: -0.02, upper: 0.22, n: 40 },
  mcnemarP: 0.29,
  perClass: [{ label: 'ants', images: 20, onlyCandidateRight: 3, onlyChampionRight: 1, p: 0.6, pHolm: 1 }],
  fixed: [A],
  broken: [B],
};
const variants = [
  {
    variant: 'int8',
    artifactDigest: A,
    sizeBytes: 10,
    reportDigest: A,
    gateVerdict: 'pass',
    accuracy: interval,
    latencyP50Ms: 3.1,
  },
];
const servable = { version: 2, artifactDigest: A, goldenDigest: B };
const deployment = {
  schemaVersion: 'deployment.v1',
  model: 'insects',
  environment: 'production',
  epoch: 1,
  generation: 3,
  role: 'champion',
  percent: 100,
  target: servable,
  previous: null,
  at: NOW,
};
const preparation = { promotionId: 'p-1', model: 'insects', environment: 'production', target: servable };
const runEvent = {
  schemaVersion: 'run-event.v1',
  stage: 'embed',
  kind: 'progress',
  step: 64,
  total: 128,
  imagesPerSecond: 171.5,
  etaSeconds: 0.4,
};
const retrain = { pipeline: 'insects', pipelineDigest: A, trainDigest: B, datasetVersion: A, attempt: 1 };

const refuse = (value: unknown, ...path: (string | number)[]): Refusal => ({ path, value });
const NOT_A_DIGEST = 'A'.repeat(64);

export const SCHEMA_SAMPLES: readonly SchemaSample[] = [
  {
    name: 'manifest image',
    schema: manifestImageSchema,
    valid: image,
    refuses: [
      refuse(NOT_A_DIGEST, 'sha256'),
      refuse('a/b', 'label'),
      refuse('dev', 'split'),
      refuse(0, 'width'),
      refuse('', 'source'),
      refuse('xyz', 'perceptualHash'),
    ],
  },
  {
    name: 'manifest.v1',
    schema: manifestShardSchema,
    valid: { schemaVersion: 'manifest.v1', prefix: 'aa', images: [image] },
    refuses: [
      refuse('manifest.v2', 'schemaVersion'),
      refuse('g', 'prefix'),
      refuse([], 'images'),
      refuse('a\u0000b', 'images', 0, 'label'),
    ],
  },
  {
    name: 'dataset-version.v1',
    schema: datasetRootSchema,
    valid: {
      schemaVersion: 'dataset-version.v1',
      dataset: 'insects',
      labels: ['ants', 'bees'],
      shards: [{ prefix: 'aa', digest: A, images: 1 }],
      images: 1,
      bySplit: splitCounts,
      byLabel: { ants: splitCounts },
      bySource: { landing: 1 },
    },
    refuses: [refuse('Insects!', 'dataset'), refuse(-1, 'images'), refuse(A.slice(1), 'shards', 0, 'digest')],
  },
  {
    name: 'quarantine.v1',
    schema: quarantineSchema,
    valid: {
      schemaVersion: 'quarantine.v1',
      dataset: 'insects',
      entries: [{ key: 'insects/ants/x.gif', etag: 'e', sha256: null, reason: 'unsupported_format', detail: 'a GIF' }],
    },
    refuses: [refuse('because', 'entries', 0, 'reason'), refuse(undefined, 'entries', 0, 'detail')],
  },
  {
    name: 'dataset policy',
    schema: datasetPolicySchema,
    valid: datasetPolicySchema.parse({}) as Document,
    refuses: [refuse(0, 'testShare'), refuse(0.9, 'valShare'), refuse(-1, 'quietSeconds')],
  },
  {
    name: 'dataset',
    schema: datasetSchema,
    valid: {
      name: 'insects',
      policy: datasetPolicySchema.parse({}),
      createdAt: NOW,
      latestVersion: null,
      paused: null,
      corrections: 0,
      lookAskedAt: null,
    },
    refuses: [refuse('yesterday', 'createdAt'), refuse('../x', 'name')],
  },
  {
    name: 'pipeline.v1',
    schema: pipelineSchema,
    valid: pipelineSchema.parse(pipeline) as Document,
    refuses: [
      refuse('pipeline.v0', 'schemaVersion'),
      refuse('magic', 'train', 'strategy'),
      refuse(0, 'train', 'epochs'),
      refuse(-1, 'train', 'learningRate'),
      refuse(2, 'gate', 'margin'),
      refuse(3, 'review', 'approvals'),
      refuse(0, 'review', 'remindEveryHours'),
      refuse('30 d', 'review', 'expireAfterDays'),
      refuse(0, 'rollout', 'quorum'),
      refuse(['production'], 'rollout', 'stages'),
      refuse(['production', 'staging'], 'rollout', 'stages'),
      refuse(['staging', 'staging', 'production'], 'rollout', 'stages'),
      refuse(true, 'surprise'),
      refuse(1, 'train', 'learningrate'),
      refuse([], 'variants'),
      refuse(['int4'], 'variants'),
      refuse(['pruned60', 'pruned60'], 'variants'),
      refuse('fp16', 'train', 'embedder'),
    ],
  },
  {
    name: 'preprocessing and signature',
    schema: signatureSchema,
    valid: signature,
    refuses: [
      refuse([], 'labels'),
      refuse('INT8', 'input', 'datatype'),
      refuse([127, 127], 'preprocessing', 'mean'),
      refuse(0, 'preprocessing', 'cropShare'),
    ],
  },
  {
    name: 'embedder.v1',
    schema: embedderSchema,
    valid: embedder,
    refuses: [
      refuse(0, 'featureLength'),
      refuse('x', 'onnxDigest'),
      refuse('fp16', 'precision'),
      refuse(6, 'weightBits'),
    ],
  },
  {
    name: 'activation-key.v1',
    schema: activationKeySchema,
    valid: {
      schemaVersion: 'activation-key.v1',
      onnxDigest: A,
      preprocessing,
      cut: 'pool',
      view: 'center',
      storage: 'float32',
      onnxruntimeVersion: '1.30.0',
      executionProvider: 'cpu',
      cpuClass: 'avx2',
    },
    refuses: [refuse(undefined, 'cpuClass'), refuse(A + 'a', 'onnxDigest'), refuse('float8', 'storage')],
  },
  {
    name: 'activations.v1',
    schema: activationsSchema,
    valid: {
      schemaVersion: 'activations.v1',
      embedder: A,
      key: {
        schemaVersion: 'activation-key.v1',
        onnxDigest: A,
        preprocessing,
        cut: 'pool',
        view: 'center',
        storage: 'float32',
        onnxruntimeVersion: '1.30.0',
        executionProvider: 'cpu',
        cpuClass: 'avx2',
      },
      shards: [A],
    },
    refuses: [refuse(undefined, 'key'), refuse(['x'], 'shards')],
  },
  {
    name: 'artifact',
    schema: artifactSchema,
    valid: artifact,
    refuses: [refuse('weights', 'kind'), refuse(-1, 'sizeBytes')],
  },
  {
    name: 'adopted lineage',
    schema: adoptedLineageSchema,
    valid: {
      adopted: {
        ...{ file: 'model.onnx', fileDigest: A, producer: 'pytorch', opset: 17, preprocessing: 'torchvision' },
        changes: ['its output is probabilities now: a Softmax follows it'],
      },
      ...{ datasetVersion: B, code: { graft: '0.1.0', commit: null } },
      runtime: { onnxruntime: '1.30.0', node: '20.20.2', cpuClass: 'avx2' },
    },
    refuses: [refuse('x', 'adopted', 'fileDigest'), refuse(undefined, 'datasetVersion')],
  },
  {
    name: 'lineage',
    schema: lineageSchema,
    valid: lineage,
    refuses: [refuse(undefined, 'code'), refuse('x', 'trainDigest')],
  },
  {
    name: 'predictions.v1',
    schema: predictionsSchema,
    valid: {
      schemaVersion: 'predictions.v1',
      artifactDigest: A,
      datasetVersion: B,
      split: 'test',
      labels: ['ants', 'bees'],
      predictions: [{ sha256: A, label: 'ants', source: 'landing', probabilities: [0.9, 0.1] }],
    },
    refuses: [
      refuse(1.5, 'predictions', 0, 'probabilities', 0),
      refuse('train', 'split'),
      refuse(Number.NaN, 'predictions', 0, 'probabilities', 0),
    ],
  },
  {
    name: 'golden.v1',
    schema: goldenSchema,
    valid: {
      schemaVersion: 'golden.v1',
      artifactDigest: A,
      cpuClass: 'bf16',
      cases: [{ sha256: B, probabilities: [0.9, 0.1] }],
      tolerance: { sameClass: 1e-5, otherClass: 1e-3 },
    },
    refuses: [refuse([], 'cases'), refuse(0, 'tolerance', 'sameClass')],
  },
  {
    name: 'evaluation.v1',
    schema: evaluationSchema,
    valid: {
      schemaVersion: 'evaluation.v1',
      artifactDigest: A,
      sizeBytes: 13_000_000,
      datasetVersion: B,
      split: 'test',
      labels: ['ants', 'bees'],
      metrics,
      latency,
      predictionsDigest: A,
      champion: {
        version: 1,
        generation: 1,
        artifactDigest: B,
        metrics,
        latency,
        paired,
        seenInTraining: 0,
        newLabels: [],
        predictionsDigest: B,
      },
      variant: 'int8',
      original: { variant: 'fp32', artifactDigest: B, accuracy: interval, latency, sizeBytes: 40_000_000, paired },
      earlierLooks: 1,
      gate: {
        verdict: 'pass',
        superior: false,
        checks: [{ name: 'not inferior', verdict: 'pass', detail: 'lower bound −0.02' }],
      },
    },
    refuses: [
      refuse('val', 'split'),
      refuse('maybe', 'gate', 'verdict'),
      refuse(1.2, 'champion', 'paired', 'mcnemarP'),
      refuse(0, 'champion', 'version'),
      refuse('fast', 'latency', 'p50Ms'),
      refuse('fp16', 'variant'),
      refuse('pruned', 'original', 'variant'),
    ],
  },
  {
    name: 'drift.v1',
    schema: driftSchema,
    valid: {
      schemaVersion: 'drift.v1',
      reference: A,
      current: B,
      referenceImages: 100,
      newImages: 90,
      features: { statistic: 0.02, p: 0.005, permutations: 200, alpha: 0.01, detected: true },
      labels: null,
      quality: {
        alpha: 0.05,
        detected: true,
        measures: [
          {
            measure: 'sharpness',
            statistic: 0.4,
            p: 0.001,
            pHolm: 0.005,
            referenceMedian: 0.004,
            newMedian: 0.001,
            detected: true,
          },
        ],
      },
      farthest: [{ sha256: A, distance: 3.2 }],
    },
    refuses: [
      refuse(2, 'features', 'p'),
      refuse('colour', 'quality', 'measures', 0, 'measure'),
      refuse('far', 'farthest', 0, 'distance'),
    ],
  },
  {
    name: 'run',
    schema: runSchema,
    valid: {
      id: 'run-1',
      ...retrain,
      workflowId: 'retrain/insects/x',
      state: 'running',
      stage: 'embed',
      embedded: 10,
      checkpoint: { digest: A, plan: B, step: 120 },
      reused: 0,
      version: null,
      error: null,
      asked: null,
      createdAt: NOW,
      finishedAt: null,
    },
    refuses: [refuse('paused', 'state'), refuse('cook', 'stage'), refuse(0, 'attempt')],
  },
  {
    name: 'run-event.v1 as posted',
    schema: newRunEventSchema,
    valid: runEvent,
    refuses: [
      refuse('run-event.v2', 'schemaVersion'),
      refuse(-1, 'step'),
      refuse('said', 'kind'),
      refuse('x'.repeat(2001), 'message'),
    ],
  },
  {
    name: 'run-event.v1',
    schema: runEventSchema,
    valid: { ...runEvent, runId: 'run-1', seq: 1, at: NOW },
    refuses: [refuse(0, 'seq'), refuse('noon', 'at')],
  },
  {
    name: 'model version',
    schema: modelVersionSchema,
    valid: {
      model: 'insects',
      version: 1,
      state: 'candidate',
      signature,
      artifacts: [artifact],
      variant: 'int8',
      variants,
      lineage,
      reportDigest: A,
      gateVerdict: 'pass',
      accuracy: interval,
      accuracyBySource: { landing: interval },
      createdAt: NOW,
    },
    refuses: [
      refuse(0, 'version'),
      refuse('live', 'state'),
      refuse('good', 'gateVerdict'),
      refuse('half', 'variants', 0, 'variant'),
    ],
  },
  {
    name: 'model',
    schema: modelSchema,
    valid: {
      name: 'insects',
      id: '01a1e3a5-0000-7000-8000-000000000000',
      labels: ['ants'],
      latestVersion: 1,
      champions: { production: { version: 1, generation: 1 } },
      autoPromoteSuspended: false,
      createdAt: NOW,
    },
    refuses: [refuse(0, 'champions', 'production', 'generation')],
  },
  {
    name: 'position in a ledger',
    schema: positionSchema,
    valid: { epoch: 1, generation: 3 },
    refuses: [refuse(0, 'epoch'), refuse(0, 'generation')],
  },
  {
    name: 'ahead of the ledger',
    schema: aheadSchema,
    valid: AHEAD,
    refuses: [refuse('', 'model'), refuse(0, 'serves', 'version')],
  },
  {
    name: 'epoch',
    schema: epochSchema,
    valid: { epoch: 1, raisedAt: NOW, ahead: [AHEAD] },
    refuses: [refuse(0, 'epoch'), refuse(null, 'ahead')],
  },
  {
    name: 'raise of the epoch',
    schema: epochRaiseSchema,
    valid: { expectedEpoch: 1, reason: 'restored from the backup of Monday' },
    refuses: [refuse('', 'reason'), refuse(0, 'expectedEpoch')],
  },
  {
    name: 'raised epoch',
    schema: raisedEpochSchema,
    valid: { epoch: 2, entries: [] },
    refuses: [refuse(1, 'epoch'), refuse([{}], 'entries')],
  },
  {
    name: 'freeze',
    schema: freezeSchema,
    valid: {
      ...{ model: 'insects', environment: null, reason: 'incident 7', by: 'kim', at: NOW },
      ended: { by: 'lee', at: NOW, reason: 'it is over' },
    },
    refuses: [refuse('', 'reason'), refuse('yesterday', 'at'), refuse(undefined, 'ended', 'by')],
  },
  {
    name: 'freeze request',
    schema: freezeRequestSchema,
    valid: { model: null, environment: 'production', reason: 'incident 7' },
    refuses: [refuse('', 'reason'), refuse('Not a name', 'environment')],
  },
  {
    name: 'review',
    schema: reviewSchema,
    valid: {
      model: 'insects',
      version: 1,
      reportDigest: A,
      championGeneration: 0,
      environment: 'production',
      gateVerdict: 'pass',
      requiredApprovals: 1,
      approvals: [],
      createdAt: NOW,
    },
    refuses: [refuse(-1, 'championGeneration'), refuse(0, 'requiredApprovals')],
  },
  {
    name: 'review decision',
    schema: reviewDecisionSchema,
    valid: { reportDigest: A, championGeneration: 0, reason: 'better on bees', overrideGate: false },
    refuses: [refuse('  ', 'reason'), refuse('x', 'reportDigest')],
  },
  {
    name: 'ledger entry',
    schema: ledgerEntrySchema,
    valid: {
      model: 'insects',
      environment: 'production',
      epoch: 1,
      generation: 1,
      action: 'promote',
      version: 1,
      variant: 'pruned60-int8',
      artifactDigest: A,
      previousVersion: null,
      reportDigest: B,
      by: 'ada',
      reason: 'first',
      at: NOW,
      hash: A,
      previousHash: null,
    },
    refuses: [refuse('undo', 'action'), refuse(0, 'generation'), refuse('pruned5', 'variant')],
  },
  {
    name: 'deployment.v1',
    schema: deploymentSchema,
    valid: deployment,
    refuses: [
      refuse(101, 'percent'),
      refuse('boss', 'role'),
      refuse('x', 'target', 'artifactDigest'),
      refuse('', 'target', 'variant'),
    ],
  },
  { name: 'preparation', schema: preparationSchema, valid: preparation, refuses: [refuse(0, 'target', 'version')] },
  {
    name: 'desired state',
    schema: desiredStateSchema,
    valid: { epoch: 1, deployments: [deployment], preparations: [preparation] },
    refuses: [refuse(0, 'epoch')],
  },
  {
    name: 'replica report',
    schema: replicaReportSchema,
    valid: {
      environment: 'production',
      url: 'http://127.0.0.1:8080',
      cpuClass: 'avx2',
      leaseSeconds: 5,
      serving: [{ model: 'insects', epoch: 1, generation: 3, version: 2, artifactDigest: A, since: NOW }],
      prepared: [{ promotionId: 'p-1', ok: true }],
      problems: [],
      trials: [],
    },
    refuses: [refuse('somewhere', 'url'), refuse(0, 'leaseSeconds'), refuse(1000, 'leaseSeconds')],
  },
  {
    name: 'promotion',
    schema: promotionSchema,
    valid: {
      id: 'p-1',
      model: 'insects',
      environment: 'production',
      version: 2,
      variant: 'fp32',
      expectedGeneration: 1,
      state: 'requested',
      generation: null,
      by: 'ada',
      reason: 'approved',
      error: null,
      createdAt: NOW,
      updatedAt: NOW,
    },
    refuses: [refuse('done', 'state'), refuse(-1, 'expectedGeneration'), refuse(undefined, 'variant')],
  },
  {
    name: 'promotion request',
    schema: newPromotionSchema,
    valid: { version: 2, variant: 'int8', environment: 'production', expectedGeneration: 1, reason: 'approved' },
    refuses: [refuse('', 'reason'), refuse(0, 'version'), refuse('INT8', 'variant')],
  },
  {
    name: 'rollback request',
    schema: rollbackRequestSchema,
    valid: { environment: 'production', reason: 'bees came out as ants' },
    refuses: [refuse(' ', 'reason'), refuse(0, 'toVersion')],
  },
  {
    name: 'registry event',
    schema: registryEventSchema,
    valid: { id: 1, kind: 'deployment', subject: 'insects', environment: 'production', at: NOW },
    refuses: [refuse('party', 'kind'), refuse(0, 'id')],
  },
  {
    name: 'classify request',
    schema: classifyRequestSchema,
    valid: { image: '/9j/4AAQ' },
    refuses: [refuse('not base64', 'image'), refuse('', 'image'), refuse('No Such Place', 'environment')],
  },
  {
    name: 'classification',
    schema: classificationSchema,
    valid: {
      model: 'insects',
      version: 1,
      generation: 1,
      requestId: 'r.s',
      classes: [{ label: 'ants', probability: 0.9 }],
    },
    refuses: [refuse(0, 'version')],
  },
  {
    name: 'problem',
    schema: problemSchema,
    valid: { type: 'about:blank', title: 'Not found', status: 404, code: 'not_found', detail: 'no model x' },
    refuses: [refuse('lost', 'code'), refuse('404', 'status')],
  },
  {
    name: 'watch input',
    schema: watchDatasetInputSchema,
    valid: { dataset: 'insects', batch: 0, carried: 0 },
    refuses: [refuse(-1, 'carried'), refuse('a b', 'dataset')],
  },
  {
    name: 'ingest input',
    schema: ingestDatasetInputSchema,
    valid: { dataset: 'insects' },
    refuses: [refuse('', 'dataset')],
  },
  {
    name: 'retrain input',
    schema: retrainInputSchema,
    valid: retrain,
    refuses: [refuse(0, 'attempt'), refuse('x', 'datasetVersion')],
  },
  {
    name: 'promote input',
    schema: promoteInputSchema,
    valid: { promotionId: 'p-1' },
    refuses: [refuse(7, 'promotionId')],
  },
  {
    name: 'embedder activity',
    schema: prepareEmbedderInputSchema,
    valid: { runId: 'run-1', plan: A, datasetVersion: B },
    refuses: [refuse('magic', 'plan'), refuse(undefined, 'datasetVersion')],
  },
  {
    name: 'training plan activity',
    schema: planTrainingInputSchema,
    valid: { runId: 'run-1', datasetVersion: A, train },
    refuses: [
      refuse('magic', 'train', 'strategy'),
      refuse('none', 'train', 'strategy'),
      refuse(0, 'train', 'epochs'),
      refuse(['luck'], 'train', 'allow'),
    ],
  },
  {
    name: 'training-plan.v1',
    schema: trainingPlanSchema,
    valid: {
      schemaVersion: 'training-plan.v1',
      backbone: 'efficientnet_lite0.in1k',
      weights: null,
      inputSize: 224,
      strategy: 'partial',
      cut: 'blocks.5.0',
      learnsFromActivations: true,
      trainedParameters: 1000,
      frozenParameters: 3000,
      settings,
      pruning: {
        weights: A,
        teacher: { weights: B, weight: 1 },
        channels: { 'blocks.5.0.conv_pw': 120 },
        macsShare: 0.6,
      },
      reasons: ['400 images a label'],
      warnings: [],
    },
    refuses: [
      refuse('auto', 'strategy'),
      refuse(0, 'trainedParameters'),
      refuse(0, 'settings', 'learningRate'),
      refuse(1, 'pruning', 'macsShare'),
      refuse(0, 'pruning', 'channels', 'blocks.5.0.conv_pw'),
    ],
  },
  {
    name: 'embedding plan activity',
    schema: planEmbeddingInputSchema,
    valid: { runId: 'run-1', embedder: A, datasetVersion: B },
    refuses: [refuse('x', 'embedder')],
  },
  {
    name: 'embed chunk activity',
    schema: embedChunkInputSchema,
    valid: { runId: 'run-1', embedder: A, chunk: B },
    refuses: [refuse('x', 'chunk')],
  },
  {
    name: 'drift activity',
    schema: measureDriftInputSchema,
    valid: { runId: 'run-1', embedder: A, datasetVersion: B, reference: A },
    refuses: [refuse(null, 'reference')],
  },
  {
    name: 'train activity',
    schema: trainModelInputSchema,
    valid: { runId: 'run-1', plan: A, embedder: A, datasetVersion: B },
    refuses: [refuse('x', 'plan')],
  },
  {
    name: 'export activity',
    schema: exportModelInputSchema,
    valid: {
      runId: 'run-1',
      model: 'insects',
      plan: A,
      embedder: A,
      trained: B,
      history: B,
      datasetVersion: A,
      variant: 'pruned60',
    },
    refuses: [refuse('x', 'trained'), refuse('pruned', 'variant')],
  },
  {
    name: 'pruning activity',
    schema: planPruningInputSchema,
    valid: { runId: 'run-1', plan: A, embedder: A, trained: B, history: B, datasetVersion: A, macsShare: 0.6 },
    refuses: [refuse('x', 'history'), refuse(0, 'macsShare'), refuse(1, 'macsShare')],
  },
  {
    name: 'quantization activity',
    schema: quantizeModelInputSchema,
    valid: { runId: 'run-1', model: artifact, signature: A, datasetVersion: B, variant: 'pruned60-int8' },
    refuses: [refuse('x', 'signature'), refuse('model', 'model'), refuse('int16', 'variant')],
  },
  {
    name: 'evaluate activity',
    schema: evaluateModelInputSchema,
    valid: {
      runId: 'run-1',
      modelName: 'insects',
      model: artifact,
      original: null,
      signature: A,
      datasetVersion: B,
      gate: pipelineSchema.parse(pipeline).gate,
      champion: null,
    },
    refuses: [refuse({ version: 1 }, 'champion'), refuse(0, 'gate', 'alpha'), refuse('fp32', 'original')],
  },
  {
    name: 'register activity',
    schema: registerVersionInputSchema,
    valid: {
      runId: 'run-1',
      model: 'insects',
      pipeline: pipelineSchema.parse(pipeline),
      datasetVersion: A,
      embedder: B,
      signature: A,
      reports: [B],
      runtime: lineage.runtime,
      championGeneration: 0,
      artifacts: [artifact],
      files: [{ kind: 'trained', digest: A, mediaType: 'application/octet-stream' }],
    },
    refuses: [refuse([], 'reports'), refuse('x', 'reports', 0), refuse('model', 'artifacts', 0, 'digest')],
  },
  {
    name: 'history.v1',
    schema: historySchema,
    valid: {
      schemaVersion: 'history.v1',
      trained: A,
      plan: B,
      labels: ['ants', 'bees'],
      trainImages: 7,
      valImages: 1,
      bestEpoch: 1,
      stoppedBy: 'epochs',
      precision: 'float32',
      microBatch: 32,
      epochs: [{ epoch: 1, loss: 0.7, valLoss: null, accuracy: null }],
      comparison: [{ sha256: A, logits: [0.1, -0.2] }],
      runtime: lineage.runtime,
    },
    refuses: [
      refuse(Number.NaN, 'epochs', 0, 'loss'),
      refuse(0, 'epochs', 0, 'epoch'),
      refuse([], 'labels'),
      refuse('boredom', 'stoppedBy'),
    ],
  },
  {
    name: 'landing-chunk.v1',
    schema: landingChunkSchema,
    valid: {
      schemaVersion: 'landing-chunk.v1',
      dataset: 'insects',
      objects: [{ key: 'insects/ants/1.jpg', etag: 'e', sizeBytes: 10 }],
    },
    refuses: [refuse([], 'objects'), refuse(-1, 'objects', 0, 'sizeBytes')],
  },
  {
    name: 'inspected-chunk.v1',
    schema: inspectedChunkSchema,
    valid: {
      schemaVersion: 'inspected-chunk.v1',
      dataset: 'insects',
      chunk: A,
      objects: [
        { outcome: 'image', image: { ...image, split: null, etag: 'e' } },
        {
          outcome: 'quarantined',
          entry: { key: 'insects/ants/x.gif', etag: 'e', sha256: null, reason: 'unsupported_format', detail: 'a GIF' },
        },
      ],
    },
    refuses: [
      refuse('lost', 'objects', 0, 'outcome'),
      refuse('x', 'objects', 0, 'image', 'sha256'),
      refuse('because', 'objects', 1, 'entry', 'reason'),
    ],
  },
  {
    name: 'landing-log-shard.v1',
    schema: landingLogShardSchema,
    valid: { schemaVersion: 'landing-log-shard.v1', prefix: 'aa', objects: [{ key: 'insects/ants/1.jpg', etag: 'e' }] },
    refuses: [refuse('aaaaa', 'prefix'), refuse([], 'objects')],
  },
  {
    name: 'landing-log.v1',
    schema: landingLogSchema,
    valid: {
      schemaVersion: 'landing-log.v1',
      dataset: 'insects',
      objects: 1,
      shards: [{ prefix: 'aa', digest: A, objects: 1 }],
    },
    refuses: [refuse(0, 'shards', 0, 'objects'), refuse('x', 'shards', 0, 'digest')],
  },
  ...SELECTION_SAMPLES,
  ...REPRODUCTION_SAMPLES,
  ...BULK_SAMPLES,
  ...DATA_SAMPLES,
  ...COLLECTION_SAMPLES,
  ...ERASURE_SAMPLES,
  ...FEEDBACK_SAMPLES,
  ...PIN_SAMPLES,
  ...REPLICA_SAMPLES,
  ...UPLOAD_SAMPLES,
  ...TRIAL_SAMPLES,
  ...WEBHOOK_SAMPLES,
  ...ACCESS_SAMPLES,
];
