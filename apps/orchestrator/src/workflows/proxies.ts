/**
 * The activities as workflows see them: types alone, with the queue, the timeouts and the retries of each.
 * Which errors are worth another try travels with the error (see @graft/platform/temporal); what bounds the tries is
 * `scheduleToCloseTimeout`, long enough to sit out a server or a worker that is away for a night.
 */
import {
  TASK_QUEUES,
  type ControlActivities,
  type EmbedActivities,
  type EvaluateActivities,
  type IngestActivities,
  type TrainActivities,
} from '@graft/contracts';
import { ActivityCancellationType, proxyActivities, type RetryPolicy } from '@temporalio/workflow';

const RETRY: RetryPolicy = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' };

/** A beat is due every few seconds; a worker that was killed is noticed, and its work taken up, after this long. */
const HEARTBEAT = '30s';

/** One read or one transaction of the registry. */
export const control = proxyActivities<
  Omit<
    ControlActivities,
    'countLanded' | 'openBulk' | 'reconcileLandings' | 'reportWatch' | 'awaitPrepared' | 'awaitSwapped'
  >
>({
  taskQueue: TASK_QUEUES.control,
  startToCloseTimeout: '2m',
  scheduleToCloseTimeout: '24h',
  retry: RETRY,
});

/** Somebody waits for the answer: where no trainer is there, that is the answer. */
export const checks = proxyActivities<Pick<ControlActivities, 'openReproduction' | 'checkReproducible'>>({
  taskQueue: TASK_QUEUES.control,
  startToCloseTimeout: '1h',
  scheduleToCloseTimeout: '2h',
  retry: { ...RETRY, maximumAttempts: 3 },
});

/** What is told for people to see: not worth holding up a workflow for. */
export const reports = proxyActivities<Pick<ControlActivities, 'reportWatch' | 'reportIngestion'>>({
  taskQueue: TASK_QUEUES.control,
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '1m',
  retry: { ...RETRY, maximumAttempts: 3 },
});

/** Waits on replicas; the activities bound their own waiting by the pipeline's policy. */
export const waits = proxyActivities<Pick<ControlActivities, 'awaitPrepared' | 'awaitSwapped'>>({
  taskQueue: TASK_QUEUES.control,
  startToCloseTimeout: '2h',
  scheduleToCloseTimeout: '24h',
  heartbeatTimeout: HEARTBEAT,
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: RETRY,
});

/** Reads a whole listing, which can be long. */
export const listing = proxyActivities<Pick<ControlActivities, 'countLanded' | 'openBulk'>>({
  taskQueue: TASK_QUEUES.control,
  startToCloseTimeout: '1h',
  scheduleToCloseTimeout: '24h',
  heartbeatTimeout: HEARTBEAT,
  retry: RETRY,
});

/** Started again by its schedule: no use in trying for long. */
export const reconciler = proxyActivities<Pick<ControlActivities, 'reconcileLandings'>>({
  taskQueue: TASK_QUEUES.control,
  startToCloseTimeout: '10m',
  scheduleToCloseTimeout: '10m',
  heartbeatTimeout: HEARTBEAT,
  retry: { ...RETRY, maximumAttempts: 3 },
});

export const ingest = proxyActivities<IngestActivities>({
  taskQueue: TASK_QUEUES.ingest,
  startToCloseTimeout: '1h',
  scheduleToCloseTimeout: '24h',
  heartbeatTimeout: HEARTBEAT,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: RETRY,
});

export const embed = proxyActivities<EmbedActivities>({
  taskQueue: TASK_QUEUES.embed,
  startToCloseTimeout: '1h',
  scheduleToCloseTimeout: '24h',
  heartbeatTimeout: HEARTBEAT,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: RETRY,
});

/**
 * Weights that can't be had within some minutes hold up no one candidate of many: `maximumAttempts`, since a queue that is long is no
 * reason to give up.
 */
export const candidateEmbedder = proxyActivities<Pick<EmbedActivities, 'prepareEmbedder'>>({
  taskQueue: TASK_QUEUES.embed,
  startToCloseTimeout: '1h',
  scheduleToCloseTimeout: '24h',
  heartbeatTimeout: HEARTBEAT,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { ...RETRY, maximumAttempts: 6 },
});

export const train = proxyActivities<TrainActivities>({
  taskQueue: TASK_QUEUES.train,
  startToCloseTimeout: '12h',
  scheduleToCloseTimeout: '48h',
  heartbeatTimeout: HEARTBEAT,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: RETRY,
});

export const evaluate = proxyActivities<EvaluateActivities>({
  taskQueue: TASK_QUEUES.evaluate,
  startToCloseTimeout: '4h',
  scheduleToCloseTimeout: '24h',
  heartbeatTimeout: HEARTBEAT,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: RETRY,
});
