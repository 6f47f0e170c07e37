/** Whatever is thrown, as an AppError; each protocol gives it its own form. */
import { AppError, httpStatusOf, toAppError, toProblem, type Problem } from '@graft/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';

interface FieldError {
  readonly field: string;
  readonly message: string;
}

interface Failure {
  readonly error: AppError;
  readonly fields: readonly FieldError[];
}

/** Of a request that is wrong in a thousand places, the first say enough. */
const MOST_FIELDS = 10;

const fieldsOf = (thrown: {
  readonly validationContext?: string | undefined;
  readonly validation: readonly { readonly instancePath: string; readonly message?: string | undefined }[];
}): FieldError[] =>
  thrown.validation.slice(0, MOST_FIELDS).map(({ instancePath, message }) => ({
    field: `${thrown.validationContext ?? 'request'}${instancePath.replaceAll('/', '.')}`,
    message: message ?? 'is not valid',
  }));

/** Fastify's own errors (a body too large, or not JSON) carry a status; the rest is ours or a defect. */
const toFailure = (thrown: unknown): Failure => {
  if (hasZodFastifySchemaValidationErrors(thrown)) {
    const fields = fieldsOf(thrown as Parameters<typeof fieldsOf>[0]);
    return { error: new AppError('invalid_request', 'the request does not fit its schema'), fields };
  }
  if (!(thrown instanceof AppError) && thrown instanceof Error && 'statusCode' in thrown) {
    const { statusCode } = thrown;
    if (statusCode === 413) return { error: new AppError('too_large', thrown.message), fields: [] };
    if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500)
      return { error: new AppError('invalid_request', thrown.message), fields: [] };
  }
  return { error: toAppError(thrown), fields: [] };
};

const prepare = (thrown: unknown, request: FastifyRequest, reply: FastifyReply): Failure => {
  const failure = toFailure(thrown);
  const { code, details } = failure.error;
  if (httpStatusOf(code) === 500) request.log.error({ err: thrown }, 'request: failed');
  const retryAfter = details['retryAfterSeconds'] ?? (code === 'unavailable' ? 1 : undefined);
  if (typeof retryAfter === 'number') reply.header('retry-after', String(retryAfter));
  return failure;
};

/** problem+json, as everywhere in Graft. */
export const sendProblem = (thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const { error, fields } = prepare(thrown, request, reply);
  const problem: Problem = { ...toProblem(error), ...(fields.length > 0 ? { errors: [...fields] } : {}) };
  return reply.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
};

/** `{"error": "…"}`, as the Open Inference Protocol has it. */
export const sendProtocolError = (thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const { error, fields } = prepare(thrown, request, reply);
  const { status, detail = error.code } = toProblem(error);
  const message = [detail, ...fields.map(({ field, message: why }) => `${field}: ${why}`)].join('; ');
  return reply
    .status(status)
    .type('application/json')
    .send(JSON.stringify({ error: message }));
};
