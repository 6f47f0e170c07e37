/**
 * What can go wrong, listed once. Adapters translate vendor errors into an AppError at the boundary;
 * one table maps each code to an HTTP status, an exit code, and whether trying again can help.
 */

/** Exit codes of the `graft` command. */
export const EXIT_CODES = {
  done: 0,
  /** An error that has no code of its own: a defect. */
  failed: 1,
  usage: 2,
  refused: 3,
  notFound: 4,
  unavailable: 5,
  conflict: 6,
  /** Left by Ctrl-C: 128 and the number of SIGINT, as shells have it. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

interface ErrorTraits {
  readonly httpStatus: number;
  readonly exitCode: ExitCode;
  /** Whether the same call can succeed later without anything being changed by hand. */
  readonly retryable: boolean;
}

export const ERROR_TRAITS = {
  invalid_request: { httpStatus: 400, exitCode: EXIT_CODES.usage, retryable: false },
  usage: { httpStatus: 400, exitCode: EXIT_CODES.usage, retryable: false },
  invalid_pipeline: { httpStatus: 400, exitCode: EXIT_CODES.usage, retryable: false },
  unauthenticated: { httpStatus: 401, exitCode: EXIT_CODES.refused, retryable: false },
  forbidden: { httpStatus: 403, exitCode: EXIT_CODES.refused, retryable: false },
  /** A rule of Graft says no: a gate, a policy, a guard rail. The message says which, and the way out. */
  refused: { httpStatus: 422, exitCode: EXIT_CODES.refused, retryable: false },
  dataset_unfit: { httpStatus: 422, exitCode: EXIT_CODES.refused, retryable: false },
  image_unfit: { httpStatus: 422, exitCode: EXIT_CODES.refused, retryable: false },
  checkpoint_unfit: { httpStatus: 422, exitCode: EXIT_CODES.refused, retryable: false },
  training_diverged: { httpStatus: 422, exitCode: EXIT_CODES.refused, retryable: false },
  too_large: { httpStatus: 413, exitCode: EXIT_CODES.refused, retryable: false },
  not_found: { httpStatus: 404, exitCode: EXIT_CODES.notFound, retryable: false },
  conflict: { httpStatus: 409, exitCode: EXIT_CODES.conflict, retryable: false },
  /** The champion or the generation moved since the caller looked. */
  stale_generation: { httpStatus: 409, exitCode: EXIT_CODES.conflict, retryable: false },
  /** Bytes that don't match their digest. */
  corrupt: { httpStatus: 502, exitCode: EXIT_CODES.failed, retryable: true },
  overloaded: { httpStatus: 429, exitCode: EXIT_CODES.unavailable, retryable: true },
  unavailable: { httpStatus: 503, exitCode: EXIT_CODES.unavailable, retryable: true },
  timeout: { httpStatus: 504, exitCode: EXIT_CODES.unavailable, retryable: true },
  /** Something this machine lacks (a package, a library, a permission), with how to get it. */
  missing_prerequisite: { httpStatus: 500, exitCode: EXIT_CODES.unavailable, retryable: false },
  internal: { httpStatus: 500, exitCode: EXIT_CODES.failed, retryable: true },
} as const satisfies Record<string, ErrorTraits>;

export type ErrorCode = keyof typeof ERROR_TRAITS;
export const ERROR_CODES = Object.keys(ERROR_TRAITS) as ErrorCode[];

export type ErrorDetails = Readonly<Record<string, unknown>>;

/** An error that says, for a person, what was asked, what was found, which id, and what to do. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  /** Machine-readable facts: ids, numbers, names. Never a secret. */
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }
}

export const isErrorCode = (value: unknown): value is ErrorCode =>
  typeof value === 'string' && Object.hasOwn(ERROR_TRAITS, value);

/** Any thrown thing as an AppError; what isn't one becomes `internal`, with the original as its cause. */
export const toAppError = (thrown: unknown): AppError => {
  if (thrown instanceof AppError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AppError('internal', message, { cause: thrown });
};

export const httpStatusOf = (code: ErrorCode): number => ERROR_TRAITS[code].httpStatus;
export const exitCodeOf = (code: ErrorCode): ExitCode => ERROR_TRAITS[code].exitCode;
export const isRetryable = (code: ErrorCode): boolean => ERROR_TRAITS[code].retryable;
