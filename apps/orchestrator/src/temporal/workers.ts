/** The workers of the queues `control` (workflows and control-plane activities) and `ingest`. */
import { TASK_QUEUES, type ControlActivities, type IngestActivities } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import { activityErrorInterceptor } from '@graft/platform/temporal';
import { DefaultLogger, Runtime, Worker, type LogEntry, type NativeConnection } from '@temporalio/worker';
import { findWorkflowBundle } from '../workflow-bundle.js';

export interface OrchestratorWorkers {
  /** Whether both poll their queues. */
  isPolling(): boolean;
  /** Resolves when both have ended; rejects when one fails. */
  run(): Promise<void>;
  shutdown(): void;
}

export interface WorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly control: ControlActivities;
  readonly ingest: IngestActivities;
  readonly ingestConcurrency: number;
}

/** What runs gets to end by itself before it is told to stop. */
const SHUTDOWN_GRACE_MS = 3_000;
/** A cancellation reaches an activity with the answer to a heartbeat: at most so late. */
const HEARTBEAT_THROTTLE_MS = 5_000;

/**
 * How long one turn of a workflow may take. Thousands of signals come in one turn where a storm meets a machine that is busy; a turn that
 * is cut off takes the process with it, and comes again. Spread, since the SDK (1.24) takes it without having it in its types.
 */
export const WORKFLOW_TURNS: object = { isolateExecutionTimeout: '2m' };

const toLogger = (logger: Logger): DefaultLogger =>
  new DefaultLogger('INFO', ({ level, message, meta }: LogEntry): void => {
    const fields = { ...meta, from: 'temporal' };
    // The worker of `ingest` has activities alone, as it should.
    if (message.startsWith('No workflows registered')) return logger.debug(fields, message);
    if (level === 'ERROR') logger.error(fields, message);
    else if (level === 'WARN') logger.warn(fields, message);
    else logger.debug(fields, message);
  });

/** The SDK's own messages, in our log; before the first connection is made. Shutdown is ours: two listeners on one signal would race. */
export const installRuntime = (logger: Logger): void => {
  Runtime.install({ logger: toLogger(logger), shutdownSignals: [] });
};

export const createOrchestratorWorkers = async (
  options: WorkerOptions,
  logger: Logger,
): Promise<OrchestratorWorkers> => {
  const { connection, namespace, control, ingest, ingestConcurrency } = options;
  const shared = {
    connection,
    namespace,
    shutdownGraceTime: SHUTDOWN_GRACE_MS,
    maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
    interceptors: { activity: [activityErrorInterceptor] },
  };
  const workers = await Promise.all([
    Worker.create({
      ...shared,
      taskQueue: TASK_QUEUES.control,
      workflowBundle: await findWorkflowBundle({ logger: toLogger(logger) }),
      activities: { ...control },
      ...WORKFLOW_TURNS,
    }),
    Worker.create({
      ...shared,
      taskQueue: TASK_QUEUES.ingest,
      activities: { ...ingest },
      maxConcurrentActivityTaskExecutions: ingestConcurrency,
    }),
  ]);
  return {
    isPolling: () => workers.every((worker) => worker.getState() === 'RUNNING'),
    run: async () => {
      await Promise.all(workers.map((worker) => worker.run()));
    },
    shutdown: () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    },
  };
};
