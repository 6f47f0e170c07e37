import { describe, expect, it } from '@jest/globals';
import { writeDocument } from '@graft/artifacts';
import {
  digestOfText,
  embedderSchema,
  evaluationSchema,
  modelVersionSchema,
  pipelineSchema,
  signatureSchema,
  type Artifact,
  type GateVerdict,
  type NewModelVersion,
} from '@graft/contracts';
import { createWorld } from '../../testing/activity-world.js';
import { createRegisterVersion } from './register-version.js';

const preprocessing = {
  schemaVersion: 'preprocessing.v1' as const,
  inputSize: 224,
  cropShare: 0.875,
  interpolation: 'bicubic' as const,
  mean: [127, 127, 127] as [number, number, number],
  std: [128, 128, 128] as [number, number, number],
};
const PIPELINE = pipelineSchema.parse({
  schemaVersion: 'pipeline.v1',
  name: 'p',
  data: { dataset: 'flowers' },
  variants: ['int8', 'fp32'],
  review: { autoPromote: true },
});
const DATASET_VERSION = digestOfText('dataset version 1');
const MODEL = { int8: digestOfText('model int8'), fp32: digestOfText('model fp32') };

/** A report of 40 test images, of which this share came out right. */
const evaluationOf = (variant: 'int8' | 'fp32', verdict: GateVerdict, share: number) => {
  const interval = { value: share, lower: share - 0.1, upper: share + 0.1, n: 40 };
  return evaluationSchema.parse({
    schemaVersion: 'evaluation.v1',
    variant,
    artifactDigest: MODEL[variant],
    sizeBytes: variant === 'int8' ? 10 : 40,
    datasetVersion: DATASET_VERSION,
    split: 'test',
    labels: ['daisy', 'rose'],
    metrics: {
      images: 40,
      accuracy: interval,
      balancedAccuracy: share,
      macroF1: share,
      ece: 0.1,
      perClass: [],
      confusion: [],
      accuracyBySource: { landing: interval },
    },
    latency: { p50Ms: variant === 'int8' ? 3 : 6, p99Ms: 9, rounds: 30, cpuClass: 'avx2' },
    predictionsDigest: digestOfText(`predictions ${variant}`),
    champion: null,
    earlierLooks: 0,
    gate: { verdict, superior: false, checks: [] },
  });
};

/** What the registry is asked to keep of a run whose variants were judged so. */
const register = async (verdicts: { int8: GateVerdict; fp32: GateVerdict }) => {
  const world = createWorld();
  const { blobs } = world;
  const run = await world.registry.createRun({
    pipeline: 'p',
    pipelineDigest: digestOfText('pipeline'),
    trainDigest: digestOfText('train'),
    datasetVersion: DATASET_VERSION,
    attempt: 1,
    workflowId: 'w',
  });
  const registered: NewModelVersion[] = [];
  const registerVersion = createRegisterVersion({
    ...world,
    registry: {
      ...world.registry,
      createModelVersion: async (model: string, version: NewModelVersion) => {
        registered.push(version);
        return modelVersionSchema.parse({
          ...version,
          model,
          version: 1,
          state: 'candidate',
          createdAt: '2026-01-01T00:00:00Z',
        });
      },
    } as never,
    code: { graft: '0.1.0', commit: null },
    pollMs: 1,
  });
  const artifacts = (['int8', 'fp32'] as const).flatMap((variant): Artifact[] => [
    { kind: 'model', variant, digest: MODEL[variant], sizeBytes: 10, mediaType: 'application/onnx' },
    { kind: 'golden', variant, digest: digestOfText(`golden ${variant}`), sizeBytes: 1, mediaType: 'application/json' },
  ]);
  const reports = {
    int8: await writeDocument(blobs, evaluationSchema, evaluationOf('int8', verdicts.int8, 0.75)),
    fp32: await writeDocument(blobs, evaluationSchema, evaluationOf('fp32', verdicts.fp32, 0.8)),
  };
  await registerVersion({
    runId: run.id,
    model: 'p',
    pipeline: PIPELINE,
    datasetVersion: DATASET_VERSION,
    embedder: await writeDocument(blobs, embedderSchema, {
      schemaVersion: 'embedder.v1',
      backbone: 'efficientnet_lite0.in1k',
      weightsDigest: digestOfText('weights'),
      onnxDigest: digestOfText('embedder'),
      cut: 'pool',
      featureLength: 1280,
      preprocessing,
    }),
    signature: await writeDocument(blobs, signatureSchema, {
      input: { name: 'input', shape: [-1, 3, 224, 224], datatype: 'FP32' },
      outputs: [{ name: 'probabilities', shape: [-1, 2], datatype: 'FP32' }],
      labels: ['daisy', 'rose'],
      preprocessing,
    }),
    reports: [reports.int8, reports.fp32],
    runtime: { tensorflow: '2.21.0', onnxruntime: '1.30.0', node: '20.20.2', cpuClass: 'avx2' },
    championGeneration: 0,
    artifacts: [...artifacts, ...artifacts],
    files: [],
  });
  const events = await world.registry.listRunEvents(run.id);
  return { version: registered[0], reports, events, run: await world.registry.getRun(run.id) };
};

describe('registerVersion', () => {
  it('registers every variant as it was judged, and the version as the first of those judged best', async () => {
    const { version, reports, events, run } = await register({ int8: 'pass', fp32: 'pass' });
    expect(version).toMatchObject({
      variant: 'int8',
      reportDigest: reports.int8,
      gateVerdict: 'pass',
      accuracy: { value: 0.75 },
      accuracyBySource: { landing: { value: 0.75 } },
      autoPromote: true,
      blocked: false,
    });
    expect(version?.variants).toEqual([
      {
        variant: 'int8',
        artifactDigest: MODEL.int8,
        sizeBytes: 10,
        reportDigest: reports.int8,
        gateVerdict: 'pass',
        accuracy: expect.objectContaining({ value: 0.75 }),
        latencyP50Ms: 3,
      },
      expect.objectContaining({ variant: 'fp32', reportDigest: reports.fp32, latencyP50Ms: 6 }),
    ]);
    expect(version?.artifacts.map(({ kind, variant }) => `${kind} ${variant}`)).toEqual([
      'model int8',
      'golden int8',
      'model fp32',
      'golden fp32',
    ]);
    expect(events.at(-1)?.data).toEqual({ version: 1, variant: 'int8', verdict: 'pass', state: 'candidate' });
    expect(run).toMatchObject({ state: 'succeeded', version: 1 });
  });

  it('prefers another where the first one was judged worse', async () => {
    const { version, reports } = await register({ int8: 'fail', fp32: 'pass' });
    expect(version).toMatchObject({
      variant: 'fp32',
      reportDigest: reports.fp32,
      accuracy: { value: 0.8 },
      blocked: false,
      autoPromote: true,
    });
    expect(version?.variants.map(({ variant, gateVerdict }) => `${variant} ${gateVerdict}`)).toEqual([
      'int8 fail',
      'fp32 pass',
    ]);
  });

  it('is blocked where none of them is any better', async () => {
    const { version } = await register({ int8: 'fail', fp32: 'fail' });
    expect(version).toMatchObject({ variant: 'int8', gateVerdict: 'fail', blocked: true, autoPromote: false });
  });
});
