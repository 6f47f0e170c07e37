/** One request to one replica, and its whole answer: a replica that dies in the middle of one has given none. */
import { request as sendRequest, type Agent, type IncomingHttpHeaders } from 'node:http';
import { AppError } from '@graft/contracts';
import type { Body } from './read-ahead.js';

export interface Forwarded {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** End to end: see endToEnd. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Body;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** RFC 9110, 7.6.1: of one connection, and so not passed on; `expect` is answered by the front's server. */
const OF_ONE_CONNECTION = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade', 'expect'],
]);

/** The headers that are passed on. */
export const endToEnd = (headers: IncomingHttpHeaders): IncomingHttpHeaders => {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !OF_ONE_CONNECTION.has(name) && !named.includes(name)),
  );
};

export interface ForwardOptions {
  readonly agent: Agent;
  /** Where the replica answers: `http://127.0.0.1:4711`. */
  readonly url: string;
  readonly request: Forwarded;
  /** Aborted when the client hangs up, or the replica is given up. */
  readonly signal: AbortSignal;
  /** How long the replica may say nothing. */
  readonly timeoutMs: number;
}

/** @throws AppError `timeout`; whatever Node says of a connection that fails. */
export const forward = ({ agent, url, request, signal, timeoutMs }: ForwardOptions): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const { method, path, headers, body } = request;
    const { hostname: host, port } = new URL(url);
    const outgoing = sendRequest({ agent, host, port, method, path, headers, signal }, (answer) => {
      // It may have answered before all has come; the rest is nobody's.
      body.rest?.unpipe(outgoing);
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: Buffer.concat(chunks) }),
      );
    });
    outgoing.on('error', reject);
    outgoing.setTimeout(timeoutMs, () => {
      const seconds = timeoutMs / 1_000;
      outgoing.destroy(new AppError('timeout', `the replica at ${url} said nothing for ${seconds} s`));
    });
    if (body.rest === null) outgoing.end(body.kept);
    else {
      const { rest } = body;
      const send = (): void => {
        if (body.kept.length > 0) outgoing.write(body.kept);
        rest.pipe(outgoing);
      };
      // Nothing is taken from the client before there is somebody to take it.
      outgoing.on('socket', (socket) => (socket.connecting ? socket.once('connect', send) : send()));
    }
  });
