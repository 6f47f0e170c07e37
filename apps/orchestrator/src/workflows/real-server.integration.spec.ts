/** What only the real server does as production does it: cancellation, and starting afresh when a history grows long. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AppError,
  cronScheduleId,
  LANDED_SIGNAL,
  promoteWorkflowId,
  retrainWorkflowId,
  selectWorkflowId,
  TASK_QUEUES,
  watchWorkflowId,
  WORKFLOW_TYPES,
} from '@graft/contracts';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import { createCronSchedules } from '../temporal/cron-schedules.js';
import { ensureReconcileSchedule, signalWatcher, startPromotion, startSelection } from '../temporal/workflow-starts.js';
import { eventually } from '../testing/eventually.js';
import { createFakeActivities, digest, RETRAIN } from '../testing/fake-activities.js';
import { startDevServer } from '../testing/test-servers.js';
import { createGate, startHarness, type WorkflowHarness } from '../testing/workflow-harness.js';

let harness: WorkflowHarness;

beforeAll(async () => {
  harness = await startHarness(() => startDevServer(['limit.historyCount.suggestContinueAsNew=40']));
});
afterAll(() => harness.close());

/** Of a workflow that is about to be started. */
const resultOf = async (client: Client, workflowId: string): Promise<unknown> => {
  const handle = client.workflow.getHandle(workflowId);
  await eventually(async () =>
    handle.describe().then(
      () => true,
      () => false,
    ),
  );
  return handle.result();
};

const isIdle = (reported: unknown): boolean => (reported as { status: { state: string } }).status.state === 'idle';

const QUICK = { quietSeconds: 0.1, maxWaitSeconds: 900, minNewImages: 1 };

describe('on the real server', () => {
  it('closes a cancelled run as cancelled, and goes no further', async () => {
    const gate = createGate();
    const fakes = createFakeActivities({
      trainModel: async () => {
        await gate.opened;
        return { trained: digest('trained'), history: digest('history') };
      },
    });
    harness.use(fakes);
    const handle = await harness.env.client.workflow.start(WORKFLOW_TYPES.retrain, {
      workflowId: retrainWorkflowId(RETRAIN),
      taskQueue: TASK_QUEUES.control,
      args: [RETRAIN],
    });
    await eventually(() => fakes.named('trainModel').length === 1);
    await handle.cancel();
    gate.open();
    await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    expect(fakes.named('closeRun')[0]?.input).toMatchObject({ state: 'cancelled', error: { code: 'cancelled' } });
    expect(fakes.named('exportModel')).toHaveLength(0);
  });

  it('ends every chunk under way before it closes a run whose embedding failed', async () => {
    let failed = false;
    const fakes = createFakeActivities({
      planEmbedding: async () => ({
        chunks: Array.from({ length: 20 }, (_, i) => digest(`images ${i}`)),
        missing: 5000,
        reused: 0,
      }),
      embedChunk: async ({ chunk }) => {
        if (chunk !== digest('images 3') || failed) return { embedded: 250 };
        failed = true;
        throw Object.assign(new Error('x'), { name: 'ZodError' });
      },
    });
    harness.use(fakes);
    const input = { ...RETRAIN, attempt: 2 };
    await expect(
      harness.env.client.workflow.execute(WORKFLOW_TYPES.retrain, {
        workflowId: retrainWorkflowId(input),
        taskQueue: TASK_QUEUES.control,
        args: [input],
      }),
    ).rejects.toBeInstanceOf(WorkflowFailedError);
    expect(fakes.named('embedChunk').length).toBeLessThan(20);
    expect(fakes.named('closeRun')[0]?.input).toMatchObject({ state: 'failed', error: { code: 'invalid_request' } });
  });

  it('marks a promotion failed that was cancelled while replicas prepared', async () => {
    const gate = createGate();
    const fakes = createFakeActivities({ awaitPrepared: () => gate.opened });
    harness.use(fakes);
    expect(await startPromotion(harness.env.client, 'p-1')).toBe(true);
    expect(await startPromotion(harness.env.client, 'p-1')).toBe(false);
    await eventually(() => fakes.named('awaitPrepared').length === 1);
    const handle = harness.env.client.workflow.getHandle(promoteWorkflowId('p-1'));
    await handle.cancel();
    await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    gate.open();
    expect(fakes.named('failPromotion')[0]?.input).toMatchObject({ error: { code: 'cancelled' } });
    expect(fakes.named('commitPromotion')).toHaveLength(0);
  });

  it('calls the other candidates off where one cannot be probed, and closes the run of each', async () => {
    const fakes = createFakeActivities({
      probeBackbone: async ({ runId }) => {
        if (runId === 'probe resnet18') throw new AppError('dataset_unfit', 'one label');
        return { probe: digest('probe') };
      },
    });
    harness.use(fakes);
    expect(await startSelection(harness.env.client, 's-1')).toBe(true);
    const handle = harness.env.client.workflow.getHandle(selectWorkflowId('s-1'));
    await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    expect(fakes.named('failSelection').map(({ input }) => input)).toEqual([
      { selectionId: 's-1', error: { code: 'dataset_unfit', message: 'resnet18: one label' } },
    ]);
    const ended = [...fakes.named('closeRun'), ...fakes.named('finishRun')];
    expect(new Set(ended.map(({ input }) => (input as { runId: string }).runId)).size).toBe(3);
    expect(fakes.named('measureBackbones')).toHaveLength(0);
  });

  it('has one watcher for a storm of signals that all find none', async () => {
    const fakes = createFakeActivities({
      readDatasetPolicy: async () => ({ quietSeconds: 5, maxWaitSeconds: 900, minNewImages: 1 }),
    });
    harness.use(fakes);
    const client = harness.env.client;
    await Promise.all(Array.from({ length: 200 }, () => signalWatcher(client, 'stormy', {})));
    await eventually(() => fakes.named('completeIngest').length === 1);
    expect(fakes.named('planIngest')).toHaveLength(1);
    await client.workflow.getHandle(watchWorkflowId('stormy')).terminate();
  });

  it('makes no version while the dataset is paused, not even in the middle of a wait, and goes on when it is woken', async () => {
    let paused: { by: string; at: string } | null = null;
    const fakes = createFakeActivities({
      readDatasetPolicy: async () => ({ quietSeconds: 0.5, maxWaitSeconds: 900, minNewImages: 1, paused }),
    });
    harness.use(fakes);
    const { client } = harness.env;
    const told = (): string[] =>
      fakes.named('reportWatch').map(({ input }) => (input as { status: { state: string } }).status.state);
    await signalWatcher(client, 'halted', {});
    await eventually(() => told().includes('settling'));
    paused = { by: 'ada', at: '2026-01-01T00:00:00Z' };
    await eventually(() => told().includes('paused'));
    await signalWatcher(client, 'halted', { urgent: true });
    await eventually(() => told().length === 3);
    expect(told()).toEqual(['settling', 'paused', 'paused']);
    expect(fakes.named('planIngest')).toHaveLength(0);
    paused = null;
    await signalWatcher(client, 'halted', {});
    await eventually(() => told().at(-1) === 'idle');
    expect(fakes.named('planIngest')).toHaveLength(1);
    await client.workflow.getHandle(watchWorkflowId('halted')).terminate();
  });

  it('starts the watching afresh when its history grows, and loses no signal over it', async () => {
    const fakes = createFakeActivities({ readDatasetPolicy: async () => QUICK });
    harness.use(fakes);
    const client = harness.env.client;
    const firstRunOf = async (): Promise<string> =>
      (await client.workflow.getHandle(watchWorkflowId('grown')).describe()).runId;
    await signalWatcher(client, 'grown', {});
    const first = await firstRunOf();
    // Signals in quick order, so that some come while an execution ends and the next begins.
    for (let i = 0; i < 120; i += 1) await signalWatcher(client, 'grown', {});
    await eventually(async () => (await firstRunOf()) !== first);
    const before = fakes.named('completeIngest').length;
    await signalWatcher(client, 'grown', {});
    await eventually(() => fakes.named('completeIngest').length > before);
    await client.workflow.getHandle(watchWorkflowId('grown')).terminate();
  });

  it('carries a landing over to the next execution when the history is full in the middle of the wait', async () => {
    // Quiet for longer than any two of the signals are apart, however busy the machine.
    const fakes = createFakeActivities({
      readDatasetPolicy: async () => ({ quietSeconds: 5, maxWaitSeconds: 900, minNewImages: 1 }),
    });
    harness.use(fakes);
    const client = harness.env.client;
    const first = await client.workflow.start(WORKFLOW_TYPES.watchDataset, {
      workflowId: watchWorkflowId('carried'),
      taskQueue: TASK_QUEUES.control,
      args: [{ dataset: 'carried' }],
    });
    const handle = client.workflow.getHandle(watchWorkflowId('carried'));
    await Promise.all(Array.from({ length: 60 }, () => handle.signal(LANDED_SIGNAL)));
    await eventually(() => fakes.named('reportWatch').some(({ input }) => isIdle(input)));
    expect((await handle.describe()).runId).not.toBe(first.firstExecutionRunId);
    expect(fakes.named('completeIngest')).toHaveLength(1);
    await handle.terminate();
  });

  it('has one schedule that starts the reconciler, brought up to date at each start', async () => {
    const identity = { ...RETRAIN, attempt: 3 };
    const fakes = createFakeActivities({ missingRuns: async () => [identity] });
    harness.use(fakes);
    const client = harness.env.client;
    await ensureReconcileSchedule(client, 3600);
    await ensureReconcileSchedule(client, 1);
    await eventually(() => fakes.named('reconcileLandings').length >= 2);
    expect(await client.workflow.getHandle(retrainWorkflowId(identity)).result()).toMatchObject({ version: 1 });
    expect(fakes.named('openRun')).toHaveLength(1);
    await client.schedule.getHandle('reconcile-landings').delete();
  });

  it('keeps one schedule for each pipeline on a crontab, at the times it has now, which starts what is due', async () => {
    const identity = { ...RETRAIN, attempt: 4 };
    const fakes = createFakeActivities({ dueRuns: async () => [identity] });
    harness.use(fakes);
    const client = harness.env.client;
    const schedules = createCronSchedules(client);
    const listed = async (cron: string | undefined): Promise<void> =>
      eventually(async () => (await schedules.list()).get('flowers') === cron);
    await schedules.put('flowers', '0 3 * * 1');
    await listed('0 3 * * 1');
    await schedules.put('flowers', '30 4 * * *');
    await listed('30 4 * * *');
    const handle = client.schedule.getHandle(cronScheduleId('flowers'));
    const { spec, info } = await handle.describe();
    expect(spec.calendars).toMatchObject([{ hour: [{ start: 4 }], minute: [{ start: 30 }] }]);
    expect(info.nextActionTimes[0]?.toISOString()).toMatch(/T04:30:00.000Z$/);
    await handle.trigger();
    expect(await resultOf(client, retrainWorkflowId(identity))).toMatchObject({ version: 1 });
    expect(fakes.named('dueRuns')[0]?.input).toEqual({ pipeline: 'flowers' });
    await schedules.remove('flowers');
    await schedules.remove('flowers');
    await listed(undefined);
  });
});
