/**
 * Spans of OpenTelemetry. Where no tracing was started, all of this does nothing.
 * Source: https://opentelemetry.io/docs/specs/semconv/http/http-spans/ for the names of attributes.
 */
import {
  context,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
} from '@opentelemetry/api';

const tracer = trace.getTracer('graft-serving');

/** Milliseconds since 1970 of a moment of `performance.now()`, finer than the clock's. */
const sinceEpoch = (moment: number): number => performance.timeOrigin + moment;

/** What was going on when this was called: what spans of later are under. */
export const currentTrace = (): Context => context.active();

/** A span that is over, from and to moments of `performance.now()`. */
export const recordSpan = (
  name: string,
  span: { parent: Context; from: number; to: number; attributes?: Attributes; error?: unknown },
): void => {
  const { parent, from, to, attributes = {}, error } = span;
  // Without a trace around it, a step of a request says nothing.
  if (trace.getSpan(parent) === undefined) return;
  const recorded = tracer.startSpan(name, { startTime: sinceEpoch(from), attributes }, parent);
  if (error !== undefined) recorded.setStatus({ code: SpanStatusCode.ERROR });
  recorded.end(sinceEpoch(to));
};

/** A span that lasts as long as the work; the error's message stays out of it, for it may name what a client sent. */
export const inSpan = <T>(name: string, work: () => Promise<T>): Promise<T> => {
  if (trace.getActiveSpan() === undefined) return work();
  return tracer.startActiveSpan(name, async (span) => {
    try {
      return await work();
    } catch (thrown) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw thrown;
    } finally {
      span.end();
    }
  });
};

export interface RequestTrace {
  readonly span: Span;
  /** What the request's work runs in. */
  readonly context: Context;
}

/** The span of a request, under the one that the client's `traceparent` names. */
export const startRequestSpan = (
  name: string,
  { headers, attributes }: { headers: Readonly<Record<string, unknown>>; attributes: Attributes },
): RequestTrace => {
  const parent = propagation.extract(context.active(), headers);
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
  return { span, context: trace.setSpan(parent, span) };
};

export const runIn = (request: RequestTrace, work: () => void): void => context.with(request.context, work);

export const endRequestSpan = ({ span }: RequestTrace, { status, ...rest }: { status: number } & Attributes): void => {
  span.setAttributes({ 'http.response.status_code': status, ...rest });
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
};
