/** One Temporal worker a queue: activities alone, no workflow code. */
import { AppError, TASK_QUEUES, toAppError } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import { activityErrorInterceptor } from '@graft/platform/temporal';
import { DefaultLogger, NativeConnection, Runtime, Worker, type LogEntry } from '@temporalio/worker';
import type { TrainerActivities } from './activities.js';
import type { TrainerEnvironment } from './environment.js';

type Queue = keyof TrainerActivities;

export interface TrainerWorkers {
  /** Whether every worker polls its queue. */
  isPolling(): boolean;
  /** Resolves when all have ended; rejects when one fails. */
  run(): Promise<void>;
  shutdown(): void;
  close(): Promise<void>;
}

/** What an activity that runs gets to end by itself before it is told to stop. */
const SHUTDOWN_GRACE_MS = 5_000;

/** The SDK's own messages, in our log. */
const installRuntimeLogger = (logger: Logger): void => {
  const write = ({ level, message, meta }: LogEntry): void => {
    const fields = { ...meta, from: 'temporal' };
    // These workers have activities alone, as they should.
    if (message.startsWith('No workflows registered')) return logger.debug(fields, message);
    if (level === 'ERROR') logger.error(fields, message);
    else if (level === 'WARN') logger.warn(fields, message);
    else logger.debug(fields, message);
  };
  Runtime.install({
    logger: new DefaultLogger('INFO', write),
    // Shutdown is ours (close-with-grace): two listeners on one signal would race.
    shutdownSignals: [],
  });
};

/** @throws AppError `unavailable` when Temporal isn't reached. */
export const createWorkers = async (options: {
  readonly environment: TrainerEnvironment;
  readonly activities: TrainerActivities;
  readonly logger: Logger;
}): Promise<TrainerWorkers> => {
  const { environment, activities, logger } = options;
  installRuntimeLogger(logger);
  const concurrency: Record<Queue, number> = { embed: environment.GRAFT_EMBED_CONCURRENCY, train: 1, evaluate: 1 };
  const { TEMPORAL_ADDRESS: address } = environment;
  const connection = await NativeConnection.connect({ address }).catch((cause: unknown) => {
    throw new AppError('unavailable', `no Temporal at ${address}: ${toAppError(cause).message}`, { cause });
  });
  const workers = await Promise.all(
    environment.GRAFT_TRAINER_QUEUES.map((queue) =>
      Worker.create({
        connection,
        namespace: environment.TEMPORAL_NAMESPACE,
        taskQueue: TASK_QUEUES[queue],
        activities: { ...activities[queue] },
        maxConcurrentActivityTaskExecutions: concurrency[queue],
        shutdownGraceTime: SHUTDOWN_GRACE_MS,
        interceptors: { activity: [activityErrorInterceptor] },
      }),
    ),
  );
  return {
    isPolling: () => workers.every((worker) => worker.getState() === 'RUNNING'),
    run: async () => {
      await Promise.all(workers.map((worker) => worker.run()));
    },
    shutdown: () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    },
    close: () => connection.close(),
  };
};
