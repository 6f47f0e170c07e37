/** One try of one message: signed, to an address that is looked at once more as it is connected to, and not redirected. */
import { lookup as lookUp, type LookupAddress, type LookupOptions } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { AppError, type WebhookMessage } from '@graft/contracts';
import { versionInfo } from '@graft/platform';
import { checkAddress, checkWebhookUrl } from './address.js';
import { signedHeaders } from './sign.js';

export interface Outgoing {
  readonly url: string;
  readonly secret: Uint8Array;
  readonly id: string;
  readonly message: WebhookMessage;
}

/** How a try ended: with an answer's status, or without one. `error` is null where it was taken (2xx). Never a secret or a path. */
export interface Outcome {
  readonly status: number | null;
  readonly error: string | null;
}

type LookupCallback = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/** The resolver of one connection. */
const checkedLookup =
  (url: URL) =>
  (host: string, options: LookupOptions, done: LookupCallback): void => {
    lookUp(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, []);
      try {
        for (const { address } of addresses) checkAddress(url, address);
      } catch (refused) {
        return done(refused as Error, []);
      }
      const [first] = addresses;
      if (options.all === true || first === undefined) return done(null, addresses);
      done(null, first.address, first.family);
    });
  };

const tellFailure = (thrown: unknown, timeoutMs: number): string => {
  if (thrown instanceof AppError) return thrown.message;
  if (!(thrown instanceof Error)) return 'it can’t be reached';
  if (thrown.name === 'TimeoutError' || thrown.name === 'AbortError') return `no answer within ${timeoutMs / 1000} s`;
  const { code } = thrown as NodeJS.ErrnoException;
  return `it can’t be reached${code === undefined ? '' : ` (${code})`}`;
};

/** The status of the answer, whose body is let go. */
const post = (url: URL, headers: Record<string, string>, body: string, signal: AbortSignal): Promise<number> =>
  new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const request = send(
      url,
      { method: 'POST', headers, signal, agent: false, lookup: checkedLookup(url) },
      (answer) => {
        resolve(answer.statusCode ?? 0);
        answer.destroy();
      },
    );
    request.on('error', reject);
    request.end(body);
  });

export type Send = (outgoing: Outgoing, signal: AbortSignal) => Promise<Outcome>;

/** @param timeoutMs of one try, from its first packet to the head of the answer */
export const createSender =
  ({ timeoutMs }: { timeoutMs: number }): Send =>
  async ({ url: text, secret, id, message }, signal) => {
    const body = JSON.stringify(message);
    try {
      const url = checkWebhookUrl(text);
      const headers = {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        'user-agent': `graft/${versionInfo().graft}`,
        ...signedHeaders({ id, timestampSeconds: Math.floor(Date.now() / 1000), body, secret }),
      };
      const status = await post(url, headers, body, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
      return { status, error: status >= 200 && status < 300 ? null : `it answered ${status}` };
    } catch (thrown) {
      return { status: null, error: tellFailure(thrown, timeoutMs) };
    }
  };
