/** What a workflow needs to know about failures: which AppError code is behind one, and how to refuse an input. */
import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure, TimeoutFailure } from '@temporalio/common';
import { isCancellation } from '@temporalio/workflow';

export interface FailureCause {
  /** An AppError's code, or `cancelled`. */
  readonly code: string;
  readonly message: string;
}

/** The cause behind a failed activity or child, for decisions and for a person. */
export const failureCause = (error: unknown): FailureCause => {
  if (isCancellation(error)) return { code: 'cancelled', message: 'it was cancelled' };
  if (error instanceof ApplicationFailure) return { code: error.type ?? 'internal', message: error.message };
  if (error instanceof TimeoutFailure) {
    return { code: 'timeout', message: `no worker finished in time (${error.timeoutType}): ${error.message}` };
  }
  if (error instanceof ActivityFailure && error.cause) {
    const { code, message } = failureCause(error.cause);
    // Temporal's own timeout doesn't say of what; a message that an activity wrote is for a person as it is.
    return { code, message: error.cause instanceof TimeoutFailure ? `${error.activityType}: ${message}` : message };
  }
  if (error instanceof ChildWorkflowFailure && error.cause) return failureCause(error.cause);
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) };
};

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** The part of a zod schema that is needed here. */
interface Schema<T> {
  safeParse(
    input: unknown,
  ):
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } };
}

/**
 * Parses a workflow's input. A plain error thrown in a workflow makes Temporal try its task for ever; this one fails
 * the workflow.
 * @throws ApplicationFailure `invalid_request` naming each field that doesn't fit.
 */
export const parseInput = <T>(schema: Schema<T>, input: unknown): T => {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.') || 'input'}: ${message}`);
  throw ApplicationFailure.nonRetryable(fields.join('; '), 'invalid_request');
};
