/** What every group of routes is given. */
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** Which version answered a request: for the access log and the metrics. */
export interface AnsweredBy {
  readonly model: string;
  readonly version: number;
  readonly generation: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    answeredBy: AnsweredBy | null;
  }
}
