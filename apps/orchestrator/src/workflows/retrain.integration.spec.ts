import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError, retrainWorkflowId, TASK_QUEUES, WORKFLOW_TYPES } from '@graft/contracts';
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
      report: digest('report'),
      championGeneration: 0,
      artifacts: [{ kind: 'model' }, { kind: 'golden' }, { kind: 'predictions' }],
      files: [{ kind: 'plan' }, { kind: 'embedder' }, { kind: 'trained' }, { kind: 'history' }],
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
      files: expect.arrayContaining([{ kind: 'drift', digest: digest('drift'), mediaType: 'application/json' }]),
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
