/** The runs whose histories are recorded: of each workflow its usual course, and the turns that matter. */
import {
  AppError,
  finalistWorkflowId,
  pipelineSchema,
  promoteWorkflowId,
  classifyWorkflowId,
  reproduceWorkflowId,
  retrainWorkflowId,
  selectWorkflowId,
  TASK_QUEUES,
  watchWorkflowId,
  WORKFLOW_TYPES,
} from '@graft/contracts';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { signalWatcher } from '../temporal/workflow-starts.js';
import { eventually } from './eventually.js';
import {
  CHAMPION,
  digest,
  PIPELINE,
  REPRODUCTION_SOURCE,
  RETRAIN,
  type AllActivities,
  type FakeActivities,
} from './fake-activities.js';
import { createGate } from './workflow-harness.js';

export interface Recording {
  /** `<workflow type>-<turn>`, the name of its file. */
  readonly name: string;
  readonly overrides?: Partial<AllActivities>;
  /** Plays the run; the history is that of the handle. */
  play(client: Client, fakes: FakeActivities): Promise<WorkflowHandle>;
}

const start = (client: Client, type: string, workflowId: string, input?: unknown): Promise<WorkflowHandle> =>
  client.workflow.start(type, { workflowId, taskQueue: TASK_QUEUES.control, args: input === undefined ? [] : [input] });

const played = async (handle: WorkflowHandle): Promise<WorkflowHandle> => {
  await handle.result().catch(() => undefined);
  return handle;
};

const retrain = async (client: Client, attempt: number): Promise<WorkflowHandle> => {
  const input = { ...RETRAIN, attempt };
  return start(client, WORKFLOW_TYPES.retrain, retrainWorkflowId(input), input);
};

const promote = (client: Client, promotionId: string): Promise<WorkflowHandle> =>
  start(client, WORKFLOW_TYPES.promote, promoteWorkflowId(promotionId), { promotionId });

const select = (client: Client, selectionId: string): Promise<WorkflowHandle> =>
  start(client, WORKFLOW_TYPES.select, selectWorkflowId(selectionId), { selectionId });

const classify = (client: Client, bulkId: string): Promise<WorkflowHandle> =>
  start(client, WORKFLOW_TYPES.classifyPrefix, classifyWorkflowId(bulkId), { bulkId });

const reproduce = (client: Client, reproductionId: string): Promise<WorkflowHandle> =>
  start(client, WORKFLOW_TYPES.reproduceVersion, reproduceWorkflowId(reproductionId), { reproductionId });

const openedWithChampion = async () => ({
  runId: 'run-1',
  model: 'flowers',
  pipeline: PIPELINE,
  champion: CHAMPION,
  asked: false,
});

const conflictOnce = (): AllActivities['completeIngest'] => {
  let tries = 0;
  return async () => {
    tries += 1;
    if (tries === 1) throw new AppError('conflict', 'the latest version moved');
    return { datasetVersion: digest('dataset version 2'), newImages: 3, quarantined: 1 };
  };
};

/** A dataset that is paused when its policy is read for the first time. */
const pausedOnce = (): AllActivities['readDatasetPolicy'] => {
  let reads = 0;
  return async () => {
    reads += 1;
    const paused = reads === 1 ? { by: 'ada', at: '2026-01-01T00:00:00Z' } : null;
    return { quietSeconds: 0.3, maxWaitSeconds: null, minNewImages: 10, minPerLabel: 5, paused };
  };
};

/** Three archives at first; with them taken apart, what was in them. */
const archivesOnce = (): AllActivities['planIngest'] => {
  let plans = 0;
  return async () => {
    plans += 1;
    const archives = ['a.zip', 'b.tar', 'c.tgz'].map((name) => ({ key: `flowers/${name}`, etag: name, sizeBytes: 1 }));
    const base = { parent: null, corrections: 0, startedAt: '2026-01-01T00:00:00Z' };
    return plans === 1
      ? { ...base, chunks: [], objects: 0, archives }
      : { ...base, chunks: [digest('chunk 1'), digest('chunk 2')], objects: 300 };
  };
};

const isOf = (state: string, input: unknown): boolean =>
  (input as Parameters<AllActivities['reportWatch']>[0]).status.state === state;

const cancelGate = createGate();

export const RECORDINGS: readonly Recording[] = [
  {
    name: 'watchDataset-landings',
    overrides: {
      readDatasetPolicy: async () => ({ quietSeconds: 0.3, maxWaitSeconds: 2, minNewImages: 10 }),
      countLanded: async () => ({ objects: 3, enough: false, lacking: [] }),
      subscribedPipelines: async () => [{ ...RETRAIN, attempt: 90 }],
    },
    play: async (client, fakes) => {
      await signalWatcher(client, 'flowers', {});
      await eventually(() => fakes.named('countLanded').length === 1);
      await signalWatcher(client, 'flowers', { fingerprint: digest('listing') });
      await signalWatcher(client, 'flowers', { fingerprint: digest('listing') });
      await eventually(() => fakes.named('registerVersion').length === 1);
      await signalWatcher(client, 'flowers', {});
      await eventually(() => fakes.named('subscribedPipelines').length === 2);
      return client.workflow.getHandle(watchWorkflowId('flowers'));
    },
  },
  {
    name: 'watchDataset-failures',
    overrides: {
      readDatasetPolicy: async ({ dataset }) => {
        if (dataset === 'unknown') throw new AppError('not_found', 'no dataset unknown');
        return { quietSeconds: 0.1, maxWaitSeconds: 2, minNewImages: 1 };
      },
      completeIngest: () => Promise.reject(new AppError('forbidden', 'no write access')),
    },
    play: async (client, fakes) => {
      await signalWatcher(client, 'forbidden', {});
      await eventually(() => fakes.named('completeIngest').length === 1);
      await signalWatcher(client, 'forbidden', {});
      await eventually(() => fakes.named('completeIngest').length === 2);
      return client.workflow.getHandle(watchWorkflowId('forbidden'));
    },
  },
  {
    name: 'ingestDataset-replanned',
    overrides: {
      planIngest: async () => ({
        parent: digest('dataset version 1'),
        chunks: Array.from({ length: 10 }, (_, i) => digest(`chunk ${i}`)),
        objects: 2500,
        corrections: 0,
        startedAt: '2026-01-01T00:00:00Z',
      }),
      completeIngest: conflictOnce(),
    },
    play: async (client) =>
      played(await start(client, WORKFLOW_TYPES.ingestDataset, 'ingest/flowers/7', { dataset: 'flowers' })),
  },
  {
    name: 'ingestDataset-archives',
    overrides: {
      planIngest: archivesOnce(),
    },
    play: async (client) =>
      played(await start(client, WORKFLOW_TYPES.ingestDataset, 'ingest/flowers/8', { dataset: 'flowers' })),
  },
  { name: 'retrain-first', play: async (client) => played(await retrain(client, 1)) },
  {
    name: 'retrain-champion',
    overrides: { openRun: openedWithChampion },
    play: async (client) => played(await retrain(client, 2)),
  },
  {
    name: 'retrain-variants',
    overrides: {
      openRun: async () => ({
        runId: 'run-1',
        model: 'flowers',
        pipeline: pipelineSchema.parse({ ...PIPELINE, variants: ['int8', 'fp32', 'pruned60-int8', 'pruned60'] }),
        champion: null,
        asked: false,
      }),
    },
    play: async (client) => played(await retrain(client, 5)),
  },
  {
    name: 'retrain-unquantized',
    overrides: {
      openRun: async () => ({
        runId: 'run-1',
        model: 'flowers',
        pipeline: pipelineSchema.parse({ ...PIPELINE, variants: ['fp32', 'int8'] }),
        champion: null,
        asked: false,
      }),
      quantizeModel: () => Promise.reject(new AppError('refused', 'the network has nothing to quantize')),
    },
    play: async (client) => played(await retrain(client, 6)),
  },
  {
    name: 'retrain-failed',
    overrides: { trainModel: () => Promise.reject(new AppError('dataset_unfit', 'one label only')) },
    play: async (client) => played(await retrain(client, 3)),
  },
  {
    name: 'retrain-cancelled',
    overrides: {
      trainModel: async () => {
        await cancelGate.opened;
        return { trained: digest('trained'), history: digest('history') };
      },
    },
    play: async (client, fakes) => {
      const handle = await retrain(client, 4);
      await eventually(() => fakes.named('trainModel').length === 1);
      await handle.cancel();
      cancelGate.open();
      return played(handle);
    },
  },
  { name: 'reproduceVersion-pinned', play: async (client) => played(await reproduce(client, 'reproduction-1')) },
  {
    name: 'reproduceVersion-fresh',
    overrides: { openReproduction: async () => ({ ...REPRODUCTION_SOURCE, fresh: true }) },
    play: async (client) => played(await reproduce(client, 'reproduction-2')),
  },
  {
    name: 'reproduceVersion-gone',
    overrides: { checkReproducible: () => Promise.reject(new AppError('not_found', 'an image is gone')) },
    play: async (client) => played(await reproduce(client, 'reproduction-3')),
  },
  {
    name: 'classifyPrefix-through',
    play: async (client) => played(await classify(client, 'bulk-1')),
  },
  {
    name: 'classifyPrefix-nothing',
    overrides: { openBulk: () => Promise.reject(new AppError('not_found', 'nothing lies there')) },
    play: async (client) => played(await classify(client, 'bulk-2')),
  },
  { name: 'promote-swapped', play: async (client) => played(await promote(client, 'promotion-1')) },
  {
    name: 'promote-failed',
    overrides: { awaitPrepared: () => Promise.reject(new AppError('refused', 'replica-1: digest mismatch')) },
    play: async (client) => played(await promote(client, 'promotion-2')),
  },
  {
    name: 'promote-unswapped',
    overrides: { awaitSwapped: () => Promise.reject(new AppError('refused', 'replica-1 is behind')) },
    play: async (client) => played(await promote(client, 'promotion-3')),
  },
  { name: 'select-finalists', play: async (client) => played(await select(client, 'selection-1')) },
  {
    name: 'select-finalistFailed',
    overrides: { trainModel: () => Promise.reject(new AppError('training_diverged', 'the loss is no number')) },
    play: async (client) => played(await select(client, 'selection-2')),
  },
  {
    name: 'select-failed',
    overrides: { probeBackbone: () => Promise.reject(new AppError('dataset_unfit', 'too few images')) },
    play: async (client) => played(await select(client, 'selection-3')),
  },
  {
    name: 'finalist-pruned',
    play: async (client) => {
      const input = {
        ...{ selectionId: 'selection-4', datasetVersion: RETRAIN.datasetVersion },
        candidate: 'efficientnet_lite0:pruned60-int8',
      };
      const workflowId = finalistWorkflowId('selection-4', 1, input.candidate);
      return played(await start(client, WORKFLOW_TYPES.finalist, workflowId, input));
    },
  },
  {
    name: 'watchDataset-told',
    overrides: {
      readDatasetPolicy: pausedOnce(),
      countLanded: async () => ({
        ...{ objects: 3, enough: false, lacking: [{ label: 'rose', images: 1, needed: 5 }] },
      }),
      subscribedPipelines: async () => [{ ...RETRAIN, attempt: 92 }],
    },
    play: async (client, fakes) => {
      const told = (state: string): boolean => fakes.named('reportWatch').some(({ input }) => isOf(state, input));
      await signalWatcher(client, 'told', {});
      await eventually(() => told('paused'));
      await signalWatcher(client, 'told', {});
      await eventually(() => told('waiting'));
      await signalWatcher(client, 'told', { urgent: true });
      await eventually(() => told('idle'));
      return client.workflow.getHandle(watchWorkflowId('told'));
    },
  },
  {
    name: 'retrain-skipped',
    overrides: {
      openRun: async () => ({
        ...(await openedWithChampion()),
        pipeline: pipelineSchema.parse({ ...PIPELINE, trigger: { on: 'drift' } }),
      }),
    },
    play: async (client) => played(await retrain(client, 7)),
  },
  {
    name: 'scheduledRun-due',
    overrides: { dueRuns: async () => [{ ...RETRAIN, attempt: 93 }] },
    play: async (client, fakes) => {
      const handle = await start(client, WORKFLOW_TYPES.scheduledRun, 'cron/flowers-1', { pipeline: 'flowers' });
      await eventually(() => fakes.named('registerVersion').length === 1);
      return played(handle);
    },
  },
  {
    name: 'reconcileLandings-missing',
    overrides: {
      reconcileLandings: async () => ({ signalled: ['flowers'] }),
      missingRuns: async () => [
        { ...RETRAIN, attempt: 91 },
        { ...RETRAIN, attempt: 91 },
      ],
    },
    play: async (client, fakes) => {
      const handle = await start(client, WORKFLOW_TYPES.reconcileLandings, 'reconcile-1');
      await eventually(() => fakes.named('registerVersion').length === 1);
      return played(handle);
    },
  },
];
