/** Whatever is thrown, as problem+json. */
import { AppError, toAppError, toProblem, type Problem } from '@graft/contracts';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';

const send = (reply: FastifyReply, problem: Problem): FastifyReply =>
  // As text: the body has been made by its schema already, and no route has to declare it for every status.
  reply.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));

interface ValidationError {
  readonly validationContext?: string | undefined;
  readonly validation: readonly {
    readonly instancePath: string;
    readonly message?: string | undefined;
    readonly params?: unknown;
  }[];
}

/** Where a body, query or parameter was wrong: `body.train.epochs`. An unknown key is named, not its parent alone. */
const fieldsOf = ({ validationContext = 'request', validation }: ValidationError): Problem['errors'] =>
  validation.map(({ instancePath, message }) => ({
    field: validationContext + instancePath.replaceAll('/', '.'),
    message: message ?? 'is not valid',
  }));

const invalidRequest = (detail: string, errors?: Problem['errors']): Problem => ({
  ...toProblem(new AppError('invalid_request', detail)),
  ...(errors === undefined ? {} : { errors }),
});

/** Fastify's own errors (a body too large, or not JSON) carry a status; the rest is ours or a defect. */
const toHttpProblem = (thrown: unknown): Problem => {
  if (hasZodFastifySchemaValidationErrors(thrown)) {
    return invalidRequest('the request does not fit its schema', fieldsOf(thrown as ValidationError));
  }
  if (!(thrown instanceof AppError) && thrown instanceof Error && 'statusCode' in thrown) {
    const { statusCode } = thrown;
    if (statusCode === 413) return toProblem(new AppError('too_large', thrown.message));
    if (statusCode === 429) return toProblem(new AppError('overloaded', thrown.message));
    if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) return invalidRequest(thrown.message);
  }
  return toProblem(toAppError(thrown));
};

export const handleErrors = (app: FastifyInstance): void => {
  app.setErrorHandler((thrown, request, reply) => {
    const problem = toHttpProblem(thrown);
    const wait = problem.details?.['retryAfterSeconds'];
    if (typeof wait === 'number') reply.header('retry-after', wait);
    if (problem.status >= 500) request.log.error({ err: thrown }, 'request: failed');
    return send(reply, problem);
  });
  app.setNotFoundHandler((request, reply) =>
    send(
      reply,
      toProblem(
        new AppError('not_found', `nothing at ${request.method} ${request.url.split('?')[0]}; see /openapi.json`),
      ),
    ),
  );
};
