/**
 * Activities that implement the contracts in memory, for the workflows' own tests: each records its calls in order and
 * does what a test tells it instead, where it tells it something.
 */
import {
  digestOfText,
  parseCandidate,
  pipelineSchema,
  selectionRequestSchema,
  type Artifact,
  type ControlActivities,
  type Digest,
  type EmbedActivities,
  type EvaluateActivities,
  type ExportedForm,
  type IngestActivities,
  type ReproductionSource,
  type TrainActivities,
  type VariantName,
} from '@graft/contracts';

export type AllActivities = ControlActivities &
  IngestActivities &
  EmbedActivities &
  TrainActivities &
  EvaluateActivities;
export type ActivityName = keyof AllActivities;

export interface Call {
  readonly name: ActivityName;
  readonly input: unknown;
}

export interface FakeActivities {
  readonly activities: AllActivities;
  /** In the order in which they began. */
  readonly calls: Call[];
  named(name: ActivityName): Call[];
}

export const digest = (name: string): Digest => digestOfText(name);

export const PIPELINE = pipelineSchema.parse({
  schemaVersion: 'pipeline.v1',
  name: 'flowers',
  data: { dataset: 'flowers' },
});
export const RETRAIN = {
  pipeline: 'flowers',
  pipelineDigest: digest('pipeline'),
  trainDigest: digest('train'),
  datasetVersion: digest('dataset version 2'),
  attempt: 1,
};
export const SELECTION = selectionRequestSchema.parse({
  ...{ schemaVersion: 'selection-request.v1', dataset: 'flowers', datasetVersion: digest('dataset version 2') },
  candidates: ['efficientnet_lite0', 'efficientnet_lite0:pruned60', 'efficientnet_lite0:int8', 'resnet18'],
});
export const CHAMPION = {
  version: 1,
  generation: 4,
  artifactDigest: digest('champion'),
  datasetVersion: digest('dataset version 1'),
};

const artifact = (kind: 'model' | 'golden' | 'predictions', variant: VariantName): Artifact => ({
  kind,
  variant,
  digest: digest(`${kind} ${variant}`),
  sizeBytes: 1,
  mediaType: 'application/octet-stream',
});
const form = (variant: VariantName): ExportedForm => ({
  model: artifact('model', variant),
  golden: artifact('golden', variant),
  signature: digest('signature'),
});

export const REPRODUCTION_SOURCE: ReproductionSource = {
  ...{ model: 'flowers', version: 2, datasetVersion: digest('dataset version 2'), plan: digest('plan') },
  pipeline: pipelineSchema.parse({ ...PIPELINE, variants: ['int8', 'fp32'] }),
  embedder: digest('embedder'),
  ...{ activations: digest('activations'), learnsFromActivations: true, fresh: false },
  reports: { int8: digest('report int8'), fp32: digest('report fp32') },
};

const DEFAULTS: AllActivities = {
  planIngest: async () => ({
    parent: null,
    chunks: [digest('chunk')],
    objects: 1,
    corrections: 0,
    startedAt: '2026-01-01T00:00:00Z',
  }),
  expandArchive: async ({ object }) => digest(`expanded ${object.key}`),
  inspectChunk: async ({ chunk }) => digest(`inspected ${chunk}`),
  completeIngest: async () => ({ datasetVersion: digest('dataset version 1'), newImages: 1, quarantined: 0 }),
  readDatasetPolicy: async () => ({ quietSeconds: 10, maxWaitSeconds: 900, minNewImages: 1 }),
  countLanded: async () => ({ objects: 1, enough: true, lacking: [] }),
  reportWatch: async () => undefined,
  reportIngestion: async () => undefined,
  reconcileLandings: async () => ({ signalled: [] }),
  missingRuns: async () => [],
  subscribedPipelines: async () => [],
  dueRuns: async () => [],
  openRun: async () => ({ runId: 'run-1', model: 'flowers', pipeline: PIPELINE, champion: null, asked: false }),
  registerVersion: async () => ({ version: 1 }),
  closeRun: async () => undefined,
  skipRun: async () => undefined,
  readPromotion: async () => ({ state: 'requested', generation: null }),
  preparePromotion: async () => undefined,
  awaitPrepared: async () => undefined,
  commitPromotion: async () => ({ generation: 1 }),
  awaitSwapped: async () => undefined,
  failPromotion: async () => undefined,
  readSelection: async () => ({ state: 'requested', attempt: 1, request: SELECTION, result: null }),
  advanceSelection: async () => undefined,
  openSelectionRun: async ({ candidate, purpose }) => {
    const variants = purpose === 'finalist' ? [parseCandidate(candidate).variant] : undefined;
    const pipeline = pipelineSchema.parse({ ...PIPELINE, name: 'select.flowers', variants });
    return { runId: `${purpose} ${candidate}`, model: 'select.flowers', pipeline, champion: null, asked: true };
  },
  finishRun: async () => undefined,
  chooseFinalists: async () => ({ finalists: ['efficientnet_lite0:pruned60', 'resnet18'] }),
  concludeSelection: async () => ({ result: digest('selection') }),
  failSelection: async () => undefined,
  openReproduction: async () => REPRODUCTION_SOURCE,
  checkReproducible: async () => undefined,
  concludeReproduction: async () => ({ outcome: 'identical', report: digest('reproduction report') }),
  failReproduction: async () => undefined,
  openBulk: async () => undefined,
  concludeBulk: async () => undefined,
  failBulk: async () => undefined,
  planTraining: async () => ({ plan: digest('plan') }),
  prepareEmbedder: async () => ({ embedder: digest('embedder') }),
  planEmbedding: async () => ({ chunks: [digest('images 1'), digest('images 2')], missing: 500, reused: 0 }),
  embedChunk: async () => ({ embedded: 250 }),
  probeBackbone: async ({ runId }) => ({ probe: digest(`probe of ${runId}`) }),
  measureDrift: async () => ({ drift: digest('drift'), detected: false }),
  trainModel: async ({ plan }) => ({ trained: digest(`trained by ${plan}`), history: digest(`history of ${plan}`) }),
  exportModel: async ({ variant }) => ({
    ...form(variant),
    runtime: { tensorflow: '2.15.1', onnxruntime: '1.27.0', node: '20.20.2', cpuClass: 'avx2' },
  }),
  planPruning: async ({ macsShare }) => ({ plan: digest(`plan of ${macsShare}`) }),
  quantizeModel: async ({ variant }) => form(variant),
  evaluateModel: async ({ model: { variant } }) => ({
    report: digest(`report ${variant}`),
    verdict: 'pass',
    artifacts: [artifact('predictions', variant)],
  }),
  classifyPart: async ({ counts: { parts, objects, unfit } }) => ({
    counts: { parts: parts + 1, objects: objects + 512, unfit },
    after: parts < 2 ? `photos/${parts}.png` : null,
  }),
  measureBackbones: async () => ({ measures: digest('measures') }),
  judgeFinalists: async () => ({ finalists: digest('finalists') }),
  recomputeActivations: async () => ({ activations: digest('activations computed again') }),
  compareForm: async ({ model: { variant } }) => ({
    ...{ variant: variant as VariantName, images: 36, maxDifference: 0, changedAnswers: 0, tolerance: 1e-4 },
    predictions: { recorded: digest(`predictions ${variant}`), made: digest(`predictions ${variant}`) },
    ...{ figures: [], cpuClass: { recorded: 'avx2', here: 'avx2' } },
  }),
};

export const createFakeActivities = (overrides: Partial<AllActivities> = {}): FakeActivities => {
  const calls: Call[] = [];
  const recorded = Object.entries({ ...DEFAULTS, ...overrides }).map(([name, activity]) => [
    name,
    (input: never) => {
      calls.push({ name: name as ActivityName, input });
      return activity(input);
    },
  ]);
  return {
    activities: Object.fromEntries(recorded) as AllActivities,
    calls,
    named: (name) => calls.filter((call) => call.name === name),
  };
};
