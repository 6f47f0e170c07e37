/** What MLflow's API answers where it can't do what was asked. Codes are MLflow's (databricks.proto), so are the statuses. */
import type { AppError } from '@graft/contracts';
import { type ErrorCode } from '@graft/contracts';

/**
 * Clients try again for minutes after 429 and 5xx. INVALID_STATE, TEMPORARILY_UNAVAILABLE and MLflow's own INTERNAL_ERROR for what a
 * caller did wrong come with another status than MLflow's therefore, which no client looks at: the code is what it reads.
 */
const STATUS = {
  INVALID_PARAMETER_VALUE: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  RESOURCE_DOES_NOT_EXIST: 404,
  ENDPOINT_NOT_FOUND: 404,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  RESOURCE_CONFLICT: 409,
  INVALID_STATE: 409,
  TEMPORARILY_UNAVAILABLE: 409,
  REQUEST_LIMIT_EXCEEDED: 429,
  INTERNAL_ERROR: 400,
} as const satisfies Record<string, number>;
export type MlflowCode = keyof typeof STATUS;

export class MlflowError extends Error {
  override readonly name = 'MlflowError';
  readonly status: number;

  constructor(
    readonly code: MlflowCode,
    message: string,
    options: { status?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status ?? STATUS[code];
  }
}

export const invalidParameter = (message: string): MlflowError => new MlflowError('INVALID_PARAMETER_VALUE', message);
export const doesNotExist = (message: string): MlflowError => new MlflowError('RESOURCE_DOES_NOT_EXIST', message);
export const alreadyExists = (message: string): MlflowError => new MlflowError('RESOURCE_ALREADY_EXISTS', message);
export const invalidState = (message: string): MlflowError => new MlflowError('INVALID_STATE', message);

const CODES: Partial<Record<ErrorCode, MlflowCode>> = {
  invalid_request: 'INVALID_PARAMETER_VALUE',
  too_large: 'INVALID_PARAMETER_VALUE',
  unauthenticated: 'UNAUTHENTICATED',
  forbidden: 'PERMISSION_DENIED',
  not_found: 'RESOURCE_DOES_NOT_EXIST',
  conflict: 'RESOURCE_CONFLICT',
  stale_generation: 'RESOURCE_CONFLICT',
  refused: 'INVALID_STATE',
  overloaded: 'REQUEST_LIMIT_EXCEEDED',
};

/** An error of the registry in MLflow's words. A database that is away, or a defect, keeps a status that clients try again after. */
export const toMlflowError = (error: AppError): MlflowError => {
  const { code, message } = error;
  const known = CODES[code];
  if (known !== undefined) return new MlflowError(known, message, { cause: error });
  return code === 'unavailable' || code === 'timeout'
    ? new MlflowError('TEMPORARILY_UNAVAILABLE', message, { status: 503, cause: error })
    : new MlflowError('INTERNAL_ERROR', message, { status: 500, cause: error });
};
