/** How we talk to an S3 endpoint: the client's options, and an HTTP agent that gives up on a silent peer. */
import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { AppError } from '@graft/contracts';
import type { ClientOptions } from 'minio';

export interface MinioOptions {
  /** `http://127.0.0.1:9000`: scheme, host and port, no path. */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Default `us-east-1`, as MinIO's. */
  readonly region?: string;
  readonly bucket: string;
  /** A connection on which nothing moves for so long is given up; default 60 s. */
  readonly idleTimeoutMs?: number;
}

const createAgent = (secure: boolean, idleTimeoutMs: number): http.Agent => {
  // A timeout of 0 is none: an event stream may be silent for as long as it likes.
  const options = { keepAlive: true, maxSockets: 64, ...(idleTimeoutMs > 0 ? { timeout: idleTimeoutMs } : {}) };
  const agent = secure ? new https.Agent(options) : new http.Agent(options);
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (connection, callback): Duplex | null | undefined => {
    const socket = connect(connection, callback);
    // Node only tells of a socket that timed out; who wants it closed has to close it.
    socket?.on('timeout', () => {
      const error = new Error(`nothing moved for ${idleTimeoutMs} ms`);
      socket.destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
    });
    return socket;
  };
  return agent;
};

/** @throws AppError `invalid_request` when the endpoint is no plain http(s) origin. */
export const toClientOptions = (options: MinioOptions): { client: ClientOptions; agent: http.Agent } => {
  const { endpoint, accessKey, secretKey, region = 'us-east-1', idleTimeoutMs = 60_000 } = options;
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.username !== '') {
    throw new AppError('invalid_request', 'object store endpoint: expected http://host:port or https://host:port');
  }
  const useSSL = url.protocol === 'https:';
  const agent = createAgent(useSSL, idleTimeoutMs);
  return {
    agent,
    client: {
      endPoint: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (useSSL ? 443 : 80) : Number(url.port),
      useSSL,
      accessKey,
      secretKey,
      region,
      transportAgent: agent,
      // Its own retries hide the answer's code and print to the console: minio-store.ts retries instead.
      retryOptions: { disableRetry: true },
    },
  };
};
