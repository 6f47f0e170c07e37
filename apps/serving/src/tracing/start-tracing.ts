/** Traces over OTLP, on only where a collector is named. What else is set (OTEL_TRACES_SAMPLER, OTEL_EXPORTER_OTLP_HEADERS, …) the SDK reads. */
export interface Tracing {
  /** Sends what waits. */
  stop(): Promise<void>;
}

export interface TracingOptions {
  /** OTEL_EXPORTER_OTLP_ENDPOINT; undefined: no traces, and nothing of the SDK is loaded. */
  readonly endpoint: string | undefined;
  /** OTEL_SERVICE_NAME; default `graft-serving`. */
  readonly serviceName?: string | undefined;
}

/** @returns null where traces are off */
export const startTracing = async ({ endpoint, serviceName }: TracingOptions): Promise<Tracing | null> => {
  if (endpoint === undefined || endpoint === '') return null;
  const [{ BatchSpanProcessor, NodeTracerProvider }, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName ?? 'graft-serving' }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  // With the propagator of W3C's `traceparent`, and a context that follows promises.
  provider.register();
  return { stop: () => provider.shutdown() };
};
