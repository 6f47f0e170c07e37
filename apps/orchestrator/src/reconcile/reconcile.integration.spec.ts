/** Against Temporal's development server, which keeps its state in memory: a new one is one that has lost everything. */
import {
  pipelineSchema,
  promoteWorkflowId,
  RECONCILE_SCHEDULE_ID,
  selectWorkflowId,
  TASK_QUEUES,
  watchWorkflowId,
  WORKFLOW_TYPES,
  type Dataset,
  type Ingestion,
  type PipelineVersion,
  type Promotion,
  type Run,
  type SelectionRecord,
} from '@graft/contracts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { startDevServer } from '../testing/test-servers.js';
import { reconcile, type ReconcileRegistry } from './reconcile.js';
import { createWorkflowServer } from './workflow-server.js';

let server: TestWorkflowEnvironment;
beforeEach(async () => {
  server = await startDevServer();
});
afterEach(async () => server.teardown());

/** The same server without anything that it knew. */
const loseState = async (): Promise<void> => {
  await server.teardown();
  server = await startDevServer();
};

const AT = '2026-01-01T00:00:00Z';
const promotion = (id: string, state: Promotion['state']): Promotion =>
  ({ id, state, model: 'photos', version: 3, environment: 'production', createdAt: AT }) as Promotion;
const run = (id: string, state: Run['state'], workflowId = `retrain/photos/${id}`): Run =>
  ({ id, state, workflowId, pipeline: 'photos', error: null, createdAt: AT, attempt: 1 }) as Run;
const selection = (id: string, state: SelectionRecord['state']): SelectionRecord =>
  ({ id, state, request: { dataset: 'photos' } }) as SelectionRecord;
const nightly = {
  ...{ name: 'nightly', enabled: true },
  pipeline: pipelineSchema.parse({
    ...{ schemaVersion: 'pipeline.v1', name: 'nightly', data: { dataset: 'photos' } },
    trigger: { on: 'schedule', cron: '0 3 * * *' },
  }),
} as PipelineVersion;

/** What a registry knows, as far as reconciling asks it. */
const createKnown = () => {
  const known = {
    promotions: [promotion('p-1', 'requested'), promotion('p-2', 'committed'), promotion('p-3', 'failed')],
    runs: [
      run('asked', 'requested'),
      run('training', 'running'),
      run('done', 'succeeded'),
      { ...run('off', 'cancelling'), error: { code: 'cancelled', message: 'called off by ada: enough' } },
      run('probe', 'running', selectWorkflowId('s-1')),
      run('orphan', 'running', selectWorkflowId('s-9')),
    ],
    selections: [selection('s-1', 'running'), selection('s-2', 'succeeded')],
    datasets: ['photos', 'paused', 'untouched'].map(
      (name) => ({ name, paused: name === 'paused' ? { by: 'ada', at: AT } : null }) as Dataset,
    ),
    ingestions: [{ id: 'ingest/photos/abc-1', dataset: 'photos', state: 'running', error: null } as Ingestion],
  };
  const registry: ReconcileRegistry = {
    listPromotions: async ({ state } = {}) => known.promotions.filter((one) => one.state === state),
    listRuns: async ({ state } = {}) => known.runs.filter((one) => one.state === state),
    patchRun: async (id, patch) => {
      known.runs = known.runs.map((one) => (one.id === id ? { ...one, ...patch } : one));
      return known.runs.find((one) => one.id === id) as Run;
    },
    listSelections: async ({ state } = {}) => known.selections.filter((one) => one.state === state),
    listDatasets: async () => known.datasets,
    getWatch: async (name) => (name === 'untouched' ? null : ({ state: 'idle' } as never)),
    listIngestions: async (name) => known.ingestions.filter(({ dataset }) => dataset === name),
    patchIngestion: async (id, patch) => {
      known.ingestions = known.ingestions.map((one) => (one.id === id ? { ...one, ...patch } : one));
      return known.ingestions.find((one) => one.id === id) as Ingestion;
    },
    listPipelines: async () => [nightly],
  };
  const act = async (dryRun = false) =>
    reconcile({ registry, dryRun, workflows: createWorkflowServer(server.client, 30) });
  return { known, act };
};
const told = ({ acts }: Awaited<ReturnType<typeof reconcile>>): string[] =>
  acts.map(({ what, id, act }) => `${act} ${what} ${id}`);

const EVERYTHING = [
  'close ingestion ingest/photos/abc-1',
  'start promotion p-1',
  'start promotion p-2',
  'start selection s-1',
  'start run asked',
  'start run training',
  'close run orphan',
  'close run off',
  'make schedule cron/nightly',
  `make schedule ${RECONCILE_SCHEDULE_ID}`,
  'wake watch photos',
];

describe('reconcile', () => {
  it('finds on a server that lost everything what the registry says is under way, and has it go on, once', async () => {
    const { known, act } = createKnown();
    expect(told(await act(true))).toEqual(EVERYTHING);
    expect(known.runs.find(({ id }) => id === 'orphan')?.state).toBe('running');
    expect(told(await act(true))).toEqual(EVERYTHING);

    const done = await act();
    expect(told(done)).toEqual(EVERYTHING);
    expect(done.looked).toEqual({ promotions: 2, runs: 5, selections: 1, ingestions: 1, watches: 1, schedules: 2 });
    const again = await act();
    expect(again.acts).toEqual([]);
    expect(again.looked).toMatchObject({ promotions: 2, runs: 3, ingestions: 0 });
    for (const workflowId of [
      ...[promoteWorkflowId('p-1'), promoteWorkflowId('p-2'), selectWorkflowId('s-1')],
      ...['retrain/photos/asked', 'retrain/photos/training', watchWorkflowId('photos')],
    ]) {
      expect((await server.client.workflow.getHandle(workflowId).describe()).status.name).toBe('RUNNING');
    }
    const closed = Object.fromEntries(known.runs.map(({ id, state, error }) => [id, [state, error?.code]]));
    expect(closed).toMatchObject({ off: ['cancelled', 'cancelled'], orphan: ['failed', 'lost'] });
    expect(known.ingestions[0]).toMatchObject({ state: 'failed', error: { code: 'lost' } });

    await loseState();
    expect(told(await act())).toEqual(
      EVERYTHING.filter((line) => !['off', 'orphan', 'abc-1'].some((gone) => line.endsWith(gone))),
    );
  });

  it('leaves alone what runs, and closes a run whose workflow was ended without saying so', async () => {
    const { known, act } = createKnown();
    const start = (type: string, workflowId: string) =>
      server.client.workflow.start(type, { workflowId, taskQueue: TASK_QUEUES.control, args: [{}] });
    await start(WORKFLOW_TYPES.promote, promoteWorkflowId('p-1'));
    const retrain = await start(WORKFLOW_TYPES.retrain, 'retrain/photos/training');
    await retrain.terminate('by hand');
    const acts = told(await act());
    expect(acts).not.toContain('start promotion p-1');
    expect(acts).toContain('close run training');
    const { error } = known.runs.find(({ id }) => id === 'training') as Run;
    expect(error?.message).toMatch(/^its workflow has terminated without saying so/);
  });
});
