import { Histogram, type Metrics } from '@graft/platform';
import type { App } from './app-types.js';

/** Seconds of each request by route, method and status. Event streams are left out: they last as long as their client. */
export const measureRequests = (app: App, metrics: Metrics): void => {
  const seconds = new Histogram({
    name: 'graft_http_request_duration_seconds',
    help: 'Duration of HTTP requests, in seconds',
    labelNames: ['route', 'method', 'status'] as const,
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [metrics],
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    if (route === '/v1/events') return;
    seconds.observe({ route, method: request.method, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
  });
};
