/** What an activity needs of the engine that runs it: a sign of life to give, and a signal that it should stop. */
import { Context } from '@temporalio/activity';

export interface ActivityScope {
  /** Aborts when the activity is cancelled, timed out, or its worker shuts down; the reason is what to throw. */
  readonly signal: AbortSignal;
  /** When the activity was first scheduled, in milliseconds since 1970: the same at every try. */
  readonly scheduledMs: number;
  heartbeat(details?: unknown): void;
}

/** The scope of the Temporal activity that is running now. */
export const temporalScope = (): ActivityScope => {
  const context = Context.current();
  return {
    signal: context.cancellationSignal,
    scheduledMs: context.info.scheduledTimestampMs,
    heartbeat: (details) => context.heartbeat(details),
  };
};

/** Well within the 30 s and more after which the workflows give a silent worker up. */
const HEARTBEAT_MS = 2_000;

/** Heartbeats for as long as the work takes; throws at once when it was cancelled before it began. */
export const whileBeating = async <T>(scope: ActivityScope, work: () => Promise<T>): Promise<T> => {
  scope.signal.throwIfAborted();
  scope.heartbeat();
  const timer = setInterval(() => scope.heartbeat(), HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
};
