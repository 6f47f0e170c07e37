import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AppError,
  pipelineSchema,
  retrainWorkflowId,
  TASK_QUEUES,
  WORKFLOW_TYPES,
  type Artifact,
} from '@graft/contracts';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import {
  CHAMPION,
  createFakeActivities,
  digest,
  PIPELINE,
  RETRAIN,
  type AllActivities,
} from '../testing/fake-activities.js';
import { startTimeSkippingServer } from '../testing/test-servers.js';
import { startHarness, type WorkflowHarness } from '../testing/workflow-harness.js';

const ARTIFACT: Artifact = { kind: 'model', variant: '', digest: digest('made'), sizeBytes: 1, mediaType: 'x' };

let harness: WorkflowHarness;
let runs = 0;

beforeAll(async () => {
  harness = await startHarness(startTimeSkippingServer);
});
afterAll(() => harness.close());

const start = (): Promise<WorkflowHandle> => {
  runs += 1;
  const input = { ...RETRAIN, attempt: runs };
  return harness.env.client.workflow.start(WORKFLOW_TYPES.retrain, {
    workflowId: retrainWorkflowId(input),
    taskQueue: TASK_QUEUES.control,
    args: [input],
  });
};

const retrain = async (overrides: Partial<AllActivities> = {}) => {
  const fakes = createFakeActivities(overrides);
  harness.use(fakes);
  const handle = await start();
  const outcome: unknown = await handle.result().catch((error: unknown) => error);
  return { outcome, ...fakes };
};

describe('retrain', () => {
  it('goes from features to a registered version, in order', async () => {
    const { outcome, calls, named } = await retrain();
    expect(outcome).toEqual({ runId: 'run-1', model: 'flowers', version: 1 });
    expect(calls.map(({ name }) => name)).toEqual([
      'openRun',
      'planTraining',
      'prepareEmbedder',
      'planEmbedding',
      'embedChunk',
      'embedChunk',
      'trainModel',
      'exportModel',
      'evaluateModel',
      'registerVersion',
    ]);
    expect(named('registerVersion')[0]?.input).toMatchObject({
      runId: 'run-1',
      reports: [digest('report fp32')],
      championGeneration: 0,
      artifacts: [{ kind: 'model' }, { kind: 'golden' }, { kind: 'predictions' }],
      files: [{ kind: 'plan' }, { kind: 'trained' }, { kind: 'history' }, { kind: 'embedder' }],
    });
  });

  it('compares with the champion that was there when the run opened, in drift and in evaluation', async () => {
    const opened = { runId: 'run-1', model: 'flowers', pipeline: PIPELINE, champion: CHAMPION };
    const { named } = await retrain({ openRun: async () => opened });
    expect(named('measureDrift')[0]?.input).toMatchObject({
      reference: CHAMPION.datasetVersion,
      datasetVersion: RETRAIN.datasetVersion,
    });
    expect(named('evaluateModel')[0]?.input).toMatchObject({ champion: CHAMPION });
    expect(named('registerVersion')[0]?.input).toMatchObject({
      championGeneration: CHAMPION.generation,
      files: expect.arrayContaining([
        { kind: 'drift', variant: '', digest: digest('drift'), mediaType: 'application/json' },
      ]),
    });
  });

  describe('of a pipeline that trains on drift', () => {
    const pipeline = pipelineSchema.parse({ ...PIPELINE, trigger: { on: 'drift' } });
    const opened = { runId: 'run-1', model: 'flowers', pipeline, champion: CHAMPION };

    it('ends skipped where there is none, with what was measured, and trains nothing', async () => {
      const { outcome, named } = await retrain({ openRun: async () => opened });
      expect(outcome).toEqual({ runId: 'run-1', model: 'flowers', version: null });
      expect(named('skipRun').map(({ input }) => input)).toEqual([{ runId: 'run-1', drift: digest('drift') }]);
      for (const name of ['trainModel', 'registerVersion', 'closeRun'] as const) expect(named(name)).toHaveLength(0);
    });

    it('ends skipped where the champion learned from this very version', async () => {
      const champion = { ...CHAMPION, datasetVersion: RETRAIN.datasetVersion };
      const { named } = await retrain({ openRun: async () => ({ ...opened, champion }) });
      expect(named('skipRun').map(({ input }) => input)).toEqual([{ runId: 'run-1', drift: null }]);
    });

    it.each<[string, Partial<AllActivities>]>([
      ['there is drift', { measureDrift: async () => ({ drift: digest('drift'), detected: true }) }],
      ['there is no champion yet', { openRun: async () => ({ ...opened, champion: null }) }],
      ['somebody asked for it', { openRun: async () => ({ ...opened, asked: true }) }],
    ])('trains where %s', async (_name, overrides) => {
      const { outcome, named } = await retrain({ openRun: async () => opened, ...overrides });
      expect(outcome).toMatchObject({ version: 1 });
      expect(named('skipRun')).toHaveLength(0);
    });
  });

  describe('with variants', () => {
    const openRun: AllActivities['openRun'] = async () => ({
      runId: 'run-1',
      model: 'flowers',
      pipeline: pipelineSchema.parse({ ...PIPELINE, variants: ['int8', 'fp32', 'pruned60-int8'] }),
      champion: CHAMPION,
    });
    const model = (variant: string) => ({ kind: 'model', variant, digest: digest(`model ${variant}`) });

    it('makes each form once, also one that another is made from, and judges those that are asked for', async () => {
      const { outcome, calls, named } = await retrain({ openRun });
      expect(outcome).toMatchObject({ version: 1 });
      const names = calls.map(({ name }) => name);
      expect(names.slice(names.indexOf('trainModel'))).toEqual([
        'trainModel',
        'exportModel',
        'quantizeModel',
        'planPruning',
        'trainModel',
        'exportModel',
        'quantizeModel',
        'evaluateModel',
        'evaluateModel',
        'evaluateModel',
        'registerVersion',
      ]);
      expect(named('exportModel').map(({ input }) => input)).toMatchObject([
        { variant: 'fp32', plan: digest('plan') },
        { variant: 'pruned60', plan: digest('plan of 0.6'), trained: digest(`trained by ${digest('plan of 0.6')}`) },
      ]);
      expect(named('planPruning').map(({ input }) => input)).toEqual([
        {
          runId: 'run-1',
          plan: digest('plan'),
          embedder: digest('embedder'),
          trained: digest(`trained by ${digest('plan')}`),
          history: digest(`history of ${digest('plan')}`),
          datasetVersion: RETRAIN.datasetVersion,
          macsShare: 0.6,
        },
      ]);
      expect(named('quantizeModel').map(({ input }) => input)).toMatchObject([
        { variant: 'int8', model: model('fp32') },
        { variant: 'pruned60-int8', model: model('pruned60') },
      ]);
      expect(named('evaluateModel').map(({ input }) => input)).toMatchObject([
        { model: model('int8'), original: model('fp32'), champion: CHAMPION },
        { model: model('fp32'), original: null, champion: CHAMPION },
        { model: model('pruned60-int8'), original: model('fp32'), champion: CHAMPION },
      ]);
      expect(named('registerVersion')[0]?.input).toMatchObject({
        reports: ['int8', 'fp32', 'pruned60-int8'].map((variant) => digest(`report ${variant}`)),
        artifacts: [
          { kind: 'model', variant: 'int8' },
          { kind: 'golden', variant: 'int8' },
          { kind: 'model', variant: 'fp32' },
          { kind: 'golden', variant: 'fp32' },
          { kind: 'model', variant: 'pruned60-int8' },
          { kind: 'golden', variant: 'pruned60-int8' },
          { kind: 'predictions', variant: 'int8' },
          { kind: 'predictions', variant: 'fp32' },
          { kind: 'predictions', variant: 'pruned60-int8' },
        ],
        files: [
          { kind: 'plan', variant: '', digest: digest('plan') },
          { kind: 'trained', variant: '' },
          { kind: 'history', variant: '' },
          { kind: 'embedder' },
          { kind: 'drift' },
          { kind: 'plan', variant: 'pruned60' },
          { kind: 'trained', variant: 'pruned60' },
          { kind: 'history', variant: 'pruned60' },
        ],
      });
    });

    it('compares a pruned form with the whole network', async () => {
      const pipeline = pipelineSchema.parse({ ...PIPELINE, variants: ['pruned60', 'pruned30'] });
      const { named } = await retrain({
        openRun: async () => ({ runId: 'run-1', model: 'flowers', pipeline, champion: null }),
      });
      expect(named('planPruning').map(({ input }) => input)).toMatchObject([{ macsShare: 0.6 }, { macsShare: 0.3 }]);
      expect(named('quantizeModel')).toEqual([]);
      expect(named('evaluateModel').map(({ input }) => input)).toMatchObject([
        { model: model('pruned60'), original: model('fp32') },
        { model: model('pruned30'), original: model('fp32') },
      ]);
    });

    it('has none but int8 where the embedder is', async () => {
      const pipeline = pipelineSchema.parse({ ...PIPELINE, train: { embedder: 'int8' }, variants: undefined });
      const { calls, named } = await retrain({
        openRun: async () => ({ runId: 'run-1', model: 'flowers', pipeline, champion: null }),
      });
      expect(calls.map(({ name }) => name).slice(-4)).toEqual([
        'trainModel',
        'exportModel',
        'evaluateModel',
        'registerVersion',
      ]);
      expect(named('evaluateModel').map(({ input }) => input)).toMatchObject([
        { model: model('int8'), original: null },
      ]);
    });

    it('closes the run as failed where one of them cannot be made', async () => {
      const { outcome, named } = await retrain({
        openRun,
        quantizeModel: async ({ variant, model: { digest: made } }) => {
          if (variant !== 'int8')
            throw new AppError('refused', `${variant} of ${made.slice(0, 4)}: nothing is left of it`);
          return { model: { ...ARTIFACT, variant }, golden: { ...ARTIFACT, variant }, signature: digest('signature') };
        },
      });
      expect(outcome).toBeInstanceOf(WorkflowFailedError);
      expect(named('evaluateModel')).toEqual([]);
      expect(named('closeRun').map(({ input }) => input)).toMatchObject([
        {
          runId: 'run-1',
          state: 'failed',
          error: { code: 'refused', message: expect.stringMatching(/^pruned60-int8 of /) },
        },
      ]);
    });

    it('of a run that an earlier release opened are as that release had them', async () => {
      const { train, ...rest } = PIPELINE;
      const { embedder: _embedder, ...known } = train;
      const pipeline = { ...rest, train: known, variants: ['fp32'] } as unknown as typeof PIPELINE;
      const { outcome, named } = await retrain({
        openRun: async () => ({ runId: 'run-1', model: 'flowers', pipeline, champion: null }),
      });
      expect(outcome).toMatchObject({ version: 1 });
      expect(named('exportModel').map(({ input }) => input)).toMatchObject([{ variant: 'fp32' }]);
    });
  });

  it('closes the run with the code and the message of what went wrong, and does not try again what cannot succeed', async () => {
    const { outcome, named } = await retrain({
      trainModel: () => Promise.reject(new AppError('dataset_unfit', 'one label only: land images of another')),
    });
    expect(outcome).toBeInstanceOf(WorkflowFailedError);
    expect(named('trainModel')).toHaveLength(1);
    expect(named('exportModel')).toHaveLength(0);
    expect(named('closeRun').map(({ input }) => input)).toEqual([
      {
        runId: 'run-1',
        state: 'failed',
        error: { code: 'dataset_unfit', message: 'one label only: land images of another' },
      },
    ]);
  });

  it('sits out a server that is away, and gives up on a defect', async () => {
    let tries = 0;
    const away = await retrain({
      evaluateModel: () => {
        tries += 1;
        if (tries < 12) return Promise.reject(new AppError('unavailable', 'the object store is away'));
        return Promise.resolve({ report: digest('report'), verdict: 'pass' as const, artifacts: [] });
      },
    });
    expect(away.outcome).toMatchObject({ version: 1 });
    expect(tries).toBe(12);
    const defect = await retrain({ exportModel: () => Promise.reject(new TypeError('x is undefined')) });
    expect(defect.named('exportModel')).toHaveLength(5);
    expect(defect.named('closeRun')[0]?.input).toMatchObject({
      error: { code: 'internal', message: 'x is undefined' },
    });
  });

  it('leaves the run unopened where it cannot be opened', async () => {
    const { outcome, calls } = await retrain({
      openRun: () => Promise.reject(new AppError('not_found', 'no pipeline flowers')),
    });
    expect(outcome).toBeInstanceOf(WorkflowFailedError);
    expect(calls.map(({ name }) => name)).toEqual(['openRun']);
  });

  it('refuses an input that does not fit instead of trying for ever', async () => {
    const handle = await harness.env.client.workflow.start(WORKFLOW_TYPES.retrain, {
      workflowId: 'retrain/unfit',
      taskQueue: TASK_QUEUES.control,
      args: [{ ...RETRAIN, datasetVersion: 'latest' }],
    });
    await expect(handle.result()).rejects.toMatchObject({
      cause: { type: 'invalid_request', message: expect.stringContaining('datasetVersion') },
    });
  });
});
