/**
 * Takes bucket events that a store posts (`POST /v1/landing-events`), beside the stream: MinIO's webhook keeps in its queue what it
 * could not deliver. The events are those of S3 (Records[].s3.object.key, URL-encoded as a form is).
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError, toAppError, toProblem } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import { z } from 'zod';
import type { LandingGatherer } from './landing-gatherer.js';

export const LANDING_EVENTS_PATH = '/v1/landing-events';

export interface LandingWebhookOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** What whoever posts must bear. */
  readonly token: string;
  /** Events of other buckets are left. */
  readonly bucket: string;
  readonly gatherer: LandingGatherer;
  readonly logger: Logger;
  /** The largest body, in bytes; default 1 MiB: some hundred events, and a store posts one or few. */
  readonly maxBytes?: number;
}

export interface LandingWebhook {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

const bodySchema = z.object({
  Records: z
    .array(
      z.object({
        eventName: z.string(),
        s3: z.object({ bucket: z.object({ name: z.string() }), object: z.object({ key: z.string().max(10_000) }) }),
      }),
    )
    .max(10_000),
});

const REQUEST_TIMEOUT_MS = 10_000;

/** Digests are of one length, so that their comparison takes one time. */
const isSame = (a: string, b: string): boolean =>
  timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());

/** MinIO sends its token as it is, or with `Bearer`, whichever it was given. */
const bearerOf = ({ headers }: IncomingMessage): string => (headers.authorization ?? '').replace(/^Bearer\s+/i, '');

/** A key as events write it: `+` is a space. */
const decodeKey = (key: string): string => {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch (cause) {
    throw new AppError('invalid_request', `"${key.slice(0, 100)}" is no URL-encoded key`, { cause });
  }
};

const readBody = async (request: IncomingMessage, maxBytes: number): Promise<string> => {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    sizeBytes += part.length;
    if (sizeBytes > maxBytes)
      throw new AppError('invalid_request', `a body of more than ${maxBytes} bytes: post fewer events at once`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
};

/**
 * The keys of objects that came into a bucket, of the body that a store posts.
 * @throws AppError `invalid_request` naming what doesn't fit.
 */
export const parseLandingEvents = (text: string, bucket: string): string[] => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new AppError('invalid_request', 'the body is no JSON', { cause });
  }
  const parsed = bodySchema.safeParse(json);
  if (!parsed.success) {
    const fields = parsed.error.issues.map(
      ({ path, message }) => `${path.map(String).join('.') || 'body'}: ${message}`,
    );
    throw new AppError('invalid_request', `no events of a bucket: ${fields.slice(0, 5).join('; ')}`);
  }
  return parsed.data.Records.filter(
    ({ eventName, s3 }) => eventName.replace(/^s3:/, '').startsWith('ObjectCreated:') && s3.bucket.name === bucket,
  ).map(({ s3 }) => decodeKey(s3.object.key));
};

const answer = (response: ServerResponse, status: number, body: unknown, type = 'application/json'): void => {
  response.writeHead(status, { 'content-type': type, connection: 'close' });
  response.end(JSON.stringify(body));
};

const handle = async (request: IncomingMessage, options: LandingWebhookOptions): Promise<number> => {
  const { token, bucket, gatherer, maxBytes = 1024 * 1024 } = options;
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (request.method !== 'POST' || pathname !== LANDING_EVENTS_PATH)
    throw new AppError(
      'not_found',
      `no ${request.method ?? ''} ${pathname}; events are posted to ${LANDING_EVENTS_PATH}`,
    );
  if (!isSame(bearerOf(request), token))
    throw new AppError('unauthenticated', 'events must bear the token of GRAFT_LANDING_WEBHOOK_TOKEN');
  const keys = parseLandingEvents(await readBody(request, maxBytes), bucket);
  for (const key of keys) gatherer.landed(key);
  return keys.length;
};

const listen = async (server: Server, port: number, host: string): Promise<void> =>
  new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new AppError('unavailable', `landing webhook: can't listen on ${host}:${port}: ${cause.message}`, { cause }),
      ),
    );
    server.listen(port, host, resolve);
  });

/**
 * Listens, then resolves.
 * @throws AppError `unavailable` when the port is taken.
 */
export const startLandingWebhook = async (options: LandingWebhookOptions): Promise<LandingWebhook> => {
  const { port, host = '127.0.0.1', logger } = options;
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    // MinIO asks with HEAD whether anyone is there before it posts.
    if (request.method === 'HEAD') return answer(response, 200, '');
    void handle(request, options).then(
      (accepted) => answer(response, 200, { accepted }),
      (thrown: unknown) => {
        const problem = toProblem(toAppError(thrown));
        logger.warn({ status: problem.status, detail: problem.detail }, 'landing events refused');
        answer(response, problem.status, problem, 'application/problem+json');
        request.resume();
      },
    );
  });
  await listen(server, port, host);
  const { port: bound } = server.address() as AddressInfo;
  return {
    port: bound,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}${LANDING_EVENTS_PATH}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
