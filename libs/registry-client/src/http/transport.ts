/** One HTTP call to the registry: address, token, timeout, retries, and errors that say what to do. */
import { AppError, fromProblem, problemSchema } from '@graft/contracts';
import pRetry from 'p-retry';
import { v4 as randomUuid } from 'uuid';
import type { z } from 'zod';

export interface RegistryClientOptions {
  /** http(s)://host:port, with or without a path. */
  readonly url: string;
  /** A bearer token of the registry. */
  readonly token: string;
  /** Who acts, where the registry lets this token say so (a loopback install's admin token). */
  readonly actor?: string;
  /** Default: the global fetch. */
  readonly fetch?: typeof globalThis.fetch;
  /** Of one try of one call; default 15 s. */
  readonly timeoutMs?: number;
  /** Tries after the first, where trying again is harmless; default 4 (about 3 s). */
  readonly retries?: number;
}

export interface Call<S extends z.ZodType> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Joined by "/", each part escaped. */
  readonly path: readonly (string | number)[];
  /** Undefined values are left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** The answer's schema; null where there is none. */
  readonly answer: S;
  /** Whether doing it twice is as good as once. What isn't goes under an Idempotency-Key, so that it can be tried again as well. */
  readonly idempotent: boolean;
}

export interface Transport {
  /** @throws AppError: the registry's own, `unavailable`, `timeout`, or `internal` for an answer that doesn't fit. */
  call<S extends z.ZodType>(call: Call<S>): Promise<z.output<S>>;
  /** The bare request, for streams and bytes; same headers, no timeout of its own, no retry. */
  open(options: {
    path: Call<z.ZodType>['path'];
    query?: Call<z.ZodType>['query'];
    headers: Record<string, string>;
    signal?: AbortSignal;
  }): Promise<Response>;
}

const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** A property of whatever was thrown. Not `instanceof`: fetch may throw another realm's errors. */
const property = (value: unknown, name: string): unknown =>
  value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[name] : undefined;

/** The system's code of a failed fetch, which hides it in `cause` (or in several, one for each address tried). */
const systemCode = (thrown: unknown): string | undefined => {
  const cause = property(thrown, 'cause');
  const tried = property(cause, 'errors');
  const code = property(cause, 'code') ?? property(Array.isArray(tried) ? tried[0] : undefined, 'code');
  return typeof code === 'string' ? code : undefined;
};

/** A failed fetch as an AppError, with `details.reached`: whether the request may have arrived. */
const toNetworkError = (url: string, thrown: unknown): AppError => {
  if (property(thrown, 'name') === 'TimeoutError') {
    return new AppError('timeout', `the registry at ${url} took too long to answer`, { cause: thrown });
  }
  const code = systemCode(thrown);
  return new AppError(
    'unavailable',
    `the registry at ${url} can't be reached${code === undefined ? '' : ` (${code})`}: ` +
      'is it running? `./graft status` says, `./graft up` starts it; GRAFT_REGISTRY_URL is where it is looked for',
    { details: { url, network: true, reached: code === undefined || !NEVER_CONNECTED.has(code) }, cause: thrown },
  );
};

/** The error that an answer with a status of 400 or more tells of. */
export const toAnswerError = async (response: Response, url: string): Promise<AppError> => {
  const text = await response.text().catch(() => '');
  try {
    return fromProblem(problemSchema.parse(JSON.parse(text)));
  } catch {
    const code = response.status >= 500 ? 'unavailable' : 'internal';
    return new AppError(code, `${url} answered ${response.status} and not as a registry does`, {
      details: { url, status: response.status },
    });
  }
};

/** Undefined for what is no JSON: no schema of an answer takes that for one. */
const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const addressOf = (base: string, { path, query = {} }: Pick<Call<z.ZodType>, 'path' | 'query'>): string => {
  const address = new URL(`${base}/${path.map((part) => encodeURIComponent(part)).join('/')}`);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) address.searchParams.set(name, String(value));
  }
  return address.href;
};

export const createTransport = (options: RegistryClientOptions): Transport => {
  const { token, actor, fetch = globalThis.fetch, timeoutMs = 15_000, retries = 4 } = options;
  const base = options.url.replace(/\/+$/, '');
  const identity = {
    authorization: `Bearer ${token}`,
    ...(actor === undefined ? {} : { 'x-graft-actor': encodeURIComponent(actor) }),
  };

  const once = async <S extends z.ZodType>(call: Call<S>, key: string | undefined): Promise<z.output<S>> => {
    const address = addressOf(base, call);
    let response: Response;
    let text: string;
    try {
      response = await fetch(address, {
        method: call.method,
        headers: {
          ...identity,
          ...(key === undefined ? {} : { 'idempotency-key': `"${key}"` }),
          accept: 'application/json',
          ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (!response.ok) throw await toAnswerError(response, address);
      text = await response.text();
    } catch (thrown) {
      throw thrown instanceof AppError ? thrown : toNetworkError(base, thrown);
    }
    const parsed = call.answer.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    throw new AppError(
      'internal',
      `${address}: an answer of another form than this client knows; same version of Graft?`,
      {
        cause: parsed.error,
      },
    );
  };

  return {
    call: (call) => {
      // One for all tries: the registry acts on the first that reaches it, and answers the others alike.
      const key = call.idempotent ? undefined : randomUuid();
      return pRetry(() => once(call, key), {
        retries,
        minTimeout: 200,
        factor: 2,
        shouldRetry: ({ error }) =>
          error instanceof AppError &&
          // A connection that broke, or an earlier try that is still under way.
          (error.details['network'] === true || (key !== undefined && 'retryAfterSeconds' in error.details)),
      });
    },
    open: async ({ path, query, headers, signal }) => {
      try {
        return await fetch(addressOf(base, { path, ...(query === undefined ? {} : { query }) }), {
          headers: { ...identity, ...headers },
          ...(signal === undefined ? {} : { signal }),
        });
      } catch (thrown) {
        throw toNetworkError(base, thrown);
      }
    },
  };
};
