/**
 * Tells the registry what a run is doing (run-event.v1). That a stage started, finished or failed is posted with a few
 * tries; progress is a courtesy: it is throttled, the latest wins, and one that can't be posted is dropped.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isRetryable, toAppError, type NewRunEvent, type RunStage } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import type { TrainerRuns } from './dependencies.js';

type Facts = NonNullable<NewRunEvent['data']>;
export type Progress = Pick<
  NewRunEvent,
  'step' | 'total' | 'loss' | 'valLoss' | 'accuracy' | 'imagesPerSecond' | 'etaSeconds' | 'message'
>;

export interface StageReporter {
  /** At most about four a second are posted. */
  progress(progress: Progress): void;
  warning(message: string, data?: Facts): Promise<void>;
}

export interface ReporterDependencies {
  readonly registry: Pick<TrainerRuns, 'patchRun' | 'postRunEvents'>;
  readonly logger: Logger;
}

export interface ReportedStage extends ReporterDependencies {
  readonly runId: string;
  readonly stage: RunStage;
}

const PROGRESS_INTERVAL_MS = 250;
/** Of an event (run-event.v1). */
const MAX_MESSAGE = 2000;
const POST_RETRIES_MS = [500, 1_500];

/** Posts one event, trying again while the registry is out of reach for a moment. */
export const postEvent = async (
  { registry, runId, stage }: Omit<ReportedStage, 'logger'>,
  event: Omit<NewRunEvent, 'schemaVersion' | 'stage'>,
): Promise<void> => {
  const events: NewRunEvent[] = [{ schemaVersion: 'run-event.v1', stage, ...event }];
  for (const delayMs of POST_RETRIES_MS) {
    try {
      return await registry.postRunEvents(runId, events);
    } catch (thrown) {
      if (!isRetryable(toAppError(thrown).code)) throw thrown;
      await sleep(delayMs);
    }
  }
  await registry.postRunEvents(runId, events);
};

/** Posts the latest progress at most every `PROGRESS_INTERVAL_MS`, one at a time, so that events stay in order. */
export const createProgressPoster = (stage: ReportedStage) => {
  let waiting: Progress | null = null;
  let running: Promise<void> | null = null;
  let closed = false;

  const drain = async (): Promise<void> => {
    while (waiting !== null && !closed) {
      const progress: Progress = waiting;
      waiting = null;
      await stage.registry
        .postRunEvents(stage.runId, [
          { schemaVersion: 'run-event.v1', stage: stage.stage, kind: 'progress', ...progress },
        ])
        .catch((thrown: unknown) => stage.logger.debug({ err: thrown }, 'progress not posted'));
      await sleep(PROGRESS_INTERVAL_MS, undefined, { ref: false });
    }
    running = null;
  };

  return {
    post(progress: Progress): void {
      waiting = progress;
      running ??= drain();
    },
    /** Drops what still waits; resolves once no post is under way. */
    async close(): Promise<void> {
      closed = true;
      await running;
    },
  };
};

/** What Temporal gives as the reason when it cancels an activity, for a person. */
const INTERRUPTIONS: Readonly<Record<string, string>> = {
  CANCELLED: 'called off',
  NOT_FOUND: 'called off: the run has ended',
  TIMED_OUT: 'taken for lost: it is tried again',
  WORKER_SHUTDOWN: 'its worker stops: another one goes on',
};

/**
 * Runs one stage of a run: patches the run's stage, posts `started`, then `finished` with the seconds it took and the
 * facts it returned (and what it has to say), or why it failed. A failure that will be tried again is a warning.
 */
export const reportStage = async <T>(
  stage: ReportedStage,
  work: (reporter: StageReporter) => Promise<{ result: T; data: Facts; message?: string }>,
): Promise<T> => {
  const startedMs = performance.now();
  const secondsSoFar = (): number => (performance.now() - startedMs) / 1000;
  await stage.registry.patchRun(stage.runId, { stage: stage.stage });
  await postEvent(stage, { kind: 'started' });
  const poster = createProgressPoster(stage);
  try {
    const { result, data, message } = await work({
      progress: (progress) => poster.post(progress),
      warning: (message, facts) =>
        postEvent(stage, {
          kind: 'warning',
          message: message.slice(0, MAX_MESSAGE),
          ...(facts ? { data: facts } : {}),
        }),
    });
    await poster.close();
    await postEvent(stage, {
      kind: 'finished',
      seconds: secondsSoFar(),
      data,
      ...(message === undefined ? {} : { message: message.slice(0, MAX_MESSAGE) }),
    });
    return result;
  } catch (thrown) {
    await poster.close();
    const error = toAppError(thrown);
    const kind = isRetryable(error.code) ? 'warning' : 'failed';
    const message = INTERRUPTIONS[error.message] ?? error.message;
    await postEvent(stage, { kind, seconds: secondsSoFar(), message: message.slice(0, MAX_MESSAGE) }).catch(
      (failure: unknown) => stage.logger.warn({ err: failure, runId: stage.runId }, 'failure not posted'),
    );
    throw thrown;
  }
};
