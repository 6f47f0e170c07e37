/** Errors over HTTP: problem+json (RFC 9457), with our code and the fields that were wrong. */
import { z } from 'zod';
import { AppError, ERROR_CODES, httpStatusOf, type ErrorCode } from './errors.js';

export const problemSchema = z
  .object({
    type: z.string().default('about:blank'),
    title: z.string(),
    status: z.int(),
    code: z.enum(ERROR_CODES as [ErrorCode, ...ErrorCode[]]),
    detail: z.string().optional(),
    /** The fields that were wrong: where, and why. */
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
    details: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problemSchema>;

const TITLES: Partial<Record<ErrorCode, string>> = {
  invalid_request: 'Invalid request',
  invalid_pipeline: 'Invalid pipeline',
  not_found: 'Not found',
  conflict: 'Conflict',
  stale_generation: 'The champion moved',
  unauthenticated: 'No valid token',
  forbidden: 'Not allowed for this role',
  unavailable: 'Unavailable',
  internal: 'Internal error',
};

/** An error as its HTTP body. The message of an `internal` error stays in the log: it may name things that a client should not see. */
export const toProblem = (error: AppError): Problem => ({
  type: 'about:blank',
  title: TITLES[error.code] ?? error.code.replaceAll('_', ' '),
  status: httpStatusOf(error.code),
  code: error.code,
  detail: error.code === 'internal' ? 'an error that the log of this service explains' : error.message,
  ...(Object.keys(error.details).length > 0 ? { details: { ...error.details } } : {}),
});

/** The error that a problem body tells of, on the client's side. */
export const fromProblem = (problem: Problem): AppError => {
  // Where a caller of ours was wrong is told by the field's own name: that it was part of a body concerns nobody who sent none.
  const fields = (problem.errors ?? [])
    .map(({ field, message }) => `${field.replace(/^(body|params|querystring)\./, '')}: ${message}`)
    .join('; ');
  const message = fields === '' ? (problem.detail ?? problem.title) : fields;
  return new AppError(problem.code, message, { details: problem.details ?? {} });
};
