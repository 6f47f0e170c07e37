/** The small HTTP server of a process that has no other: /health/live, /health/ready, /metrics. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError, toAppError, toProblem } from '@graft/contracts';
import type { Metrics } from './metrics.js';

export interface HealthServerOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Throws, or returns false, while the process can't do its work. */
  readonly ready: () => boolean | void | Promise<boolean | void>;
  readonly metrics: Metrics;
}

export interface HealthServer {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

const answer = (response: ServerResponse, status: number, body: unknown, type = 'application/json'): void => {
  response.writeHead(status, { 'content-type': type, connection: 'close' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
};

const problem = (response: ServerResponse, error: AppError): void => {
  const body = toProblem(error);
  answer(response, body.status, body, 'application/problem+json');
};

const answerReady = async (response: ServerResponse, ready: HealthServerOptions['ready']): Promise<void> => {
  try {
    if ((await ready()) === false) throw new AppError('unavailable', 'not ready yet');
    answer(response, 200, { status: 'ready' });
  } catch (thrown) {
    // Whatever keeps it from being ready, a prober wants 503; the message says the cause.
    problem(response, new AppError('unavailable', toAppError(thrown).message));
  }
};

/**
 * Listens, then resolves.
 * @throws AppError `unavailable` when the port is taken.
 */
export const startHealthServer = async (options: HealthServerOptions): Promise<HealthServer> => {
  const { port, host = '127.0.0.1', ready, metrics } = options;
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (request.method !== 'GET') return problem(response, new AppError('not_found', `no ${request.method} here`));
    if (pathname === '/health/live') return answer(response, 200, { status: 'live' });
    if (pathname === '/health/ready') return void answerReady(response, ready);
    if (pathname === '/metrics') {
      return void metrics.metrics().then(
        (text) => answer(response, 200, text, metrics.contentType),
        (thrown: unknown) => problem(response, toAppError(thrown)),
      );
    }
    return problem(response, new AppError('not_found', `nothing at ${pathname}`));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new AppError('unavailable', `health server: can't listen on ${host}:${port}: ${cause.message}`, { cause }),
      ),
    );
    server.listen(port, host, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    port: bound,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
