/** Whatever is thrown, as MLflow's clients read it: `{"error_code", "message"}`. */
import { toAppError } from '@graft/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { invalidParameter, MlflowError, toMlflowError } from '../../rules/mlflow-error.js';
import type { App } from '../app-types.js';

const send = (reply: FastifyReply, { code, message, status }: MlflowError): FastifyReply =>
  reply
    .status(status)
    .type('application/json')
    .send(JSON.stringify({ error_code: code, message }));

/** Fastify's own errors (a body too large, or not JSON) carry a status. */
const toError = (thrown: unknown, { headers }: Pick<FastifyRequest, 'headers'>): MlflowError => {
  if (thrown instanceof MlflowError) return thrown;
  const status = thrown instanceof Error && 'statusCode' in thrown ? thrown.statusCode : undefined;
  if (status === 415) {
    const sent = headers['content-type'];
    return invalidParameter(
      `Bad Request. Content-Type ${sent === undefined ? 'header is missing' : "must be one of ['application/json']"}.`,
    );
  }
  if (status === 429) return new MlflowError('REQUEST_LIMIT_EXCEEDED', (thrown as Error).message);
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return invalidParameter(`Bad Request. ${(thrown as Error).message}`);
  }
  return toMlflowError(toAppError(thrown));
};

/** For the routes of this scope alone. */
export const handleMlflowErrors = (scope: App): void => {
  scope.setErrorHandler((thrown, request, reply) => {
    const error = toError(thrown, request);
    if (error.status >= 500) request.log.error({ err: thrown }, 'request: failed');
    return send(reply, error);
  });
  scope.setNotFoundHandler((request, reply) =>
    send(
      reply,
      new MlflowError(
        'ENDPOINT_NOT_FOUND',
        `No API found for '${request.method} ${request.url.split('?')[0]}': of MLflow's API, Graft's registry has registered-models and model-versions`,
      ),
    ),
  );
};
