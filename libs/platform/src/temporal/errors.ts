/**
 * How errors cross Temporal: an AppError becomes an ApplicationFailure whose type is its code, and whose retryability is
 * what contracts/errors.ts says. One interceptor does it for every activity of every worker, so that no activity thinks of it.
 * A subpath of its own (`@graft/platform/temporal`), so that services without Temporal don't load its SDK.
 */
import { AppError, isRetryable, toAppError, type ErrorCode } from '@graft/contracts';
import type { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure, TemporalFailure } from '@temporalio/common';

type ErrorLike = Partial<Record<'name' | 'message' | 'cause', unknown>>;

/** Told by shape and name: an abort can come from another realm, and not every error class is ours to import. */
const toErrorLike = (thrown: unknown): ErrorLike => (typeof thrown === 'object' && thrown !== null ? thrown : {});
const nameOf = (thrown: unknown): string => String(toErrorLike(thrown).name ?? '');

const causesOf = (thrown: unknown): unknown[] => {
  const chain: unknown[] = [];
  for (let at = thrown; at != null && chain.length < 10; at = toErrorLike(at).cause) chain.push(at);
  return chain;
};

const isCancellation = (error: unknown): boolean =>
  causesOf(error).some((each) => each instanceof CancelledFailure || nameOf(each) === 'AbortError');

/** Details travel as JSON; what can't (a bigint, a cycle) is left out rather than failing the failure. */
const detailsOf = (error: AppError): unknown[] => {
  if (Object.keys(error.details).length === 0) return [];
  try {
    return [JSON.parse(JSON.stringify(error.details)) as unknown];
  } catch {
    return [];
  }
};

/** A ZodError here is an input or a document that doesn't fit: trying again can't help. */
const toCoded = (thrown: unknown): AppError =>
  ['ZodError', '$ZodError'].includes(nameOf(thrown))
    ? new AppError('invalid_request', `a value doesn't fit its schema: ${String(toErrorLike(thrown).message)}`, {
        cause: thrown,
      })
    : toAppError(thrown);

/** What may be a hiccup the first times, and is a defect for a person when it stays: no activity repeats it for ever. */
const DEFECTS: readonly ErrorCode[] = ['internal', 'corrupt'];
const DEFECT_ATTEMPTS = 5;

/**
 * The failure that a workflow sees: `type` is the error's code, `details[0]` its details, and Temporal retries it only
 * where the code is retryable: a server that is away for as long as the workflow's timeouts allow, a defect five times.
 * What Temporal throws itself (a failure, a cancellation, an asynchronous completion) passes as it is.
 */
export const toApplicationFailure = (thrown: unknown, { attempt = 1 }: { attempt?: number } = {}): Error => {
  if (thrown instanceof TemporalFailure) return thrown;
  if (['AbortError', 'CompleteAsyncError'].includes(nameOf(thrown))) return thrown as Error;
  const error = toCoded(thrown);
  return ApplicationFailure.create({
    message: error.message,
    type: error.code,
    nonRetryable: !isRetryable(error.code) || (DEFECTS.includes(error.code) && attempt >= DEFECT_ATTEMPTS),
    details: detailsOf(error),
    ...(error.cause instanceof Error ? { cause: error.cause } : {}),
  });
};

interface ActivityCall {
  readonly cancellationSignal: AbortSignal;
  readonly info: Pick<Context['info'], 'attempt'>;
}

interface ActivityInterceptors {
  readonly inbound: {
    execute<Input, Result>(input: Input, next: (input: Input) => Promise<Result>): Promise<Result>;
  };
}

/**
 * For `Worker.create({ interceptors: { activity: [activityErrorInterceptor] } })`. An error that an adapter made out of an
 * aborted call is told as the cancellation it is, once the activity was asked to stop.
 */
export const activityErrorInterceptor = (context: ActivityCall): ActivityInterceptors => ({
  inbound: {
    async execute(input, next) {
      try {
        return await next(input);
      } catch (thrown) {
        if (context.cancellationSignal.aborted && isCancellation(thrown)) {
          throw thrown instanceof TemporalFailure ? thrown : new CancelledFailure('the activity was cancelled');
        }
        throw toApplicationFailure(thrown, { attempt: context.info.attempt });
      }
    },
  },
});
