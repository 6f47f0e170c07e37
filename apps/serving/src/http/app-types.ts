/** What every group of routes is given. */
import type { HttpApp } from '@graft/platform/http';
import type { RequestTrace } from '../tracing/spans.js';

export type App = HttpApp;

/** Which version answered a request: for the access log and the metrics. */
export interface AnsweredBy {
  readonly model: string;
  readonly version: number;
  readonly generation: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    answeredBy: AnsweredBy | null;
    trace: RequestTrace | null;
  }
}
