/** The Hugging Face hub's API, with its errors as ours. */
import { AppError, type ErrorCode } from '@graft/contracts';
import { HubApiError, listFiles, modelInfo, pathsInfo, type PathInfo } from '@huggingface/hub';
import pRetry from 'p-retry';
import { isTrustedUrl, showUrl } from '../weights-reference.js';
import { noWayError, toRetryable } from './download-errors.js';

const DEFAULT_ENDPOINT = 'https://huggingface.co';
const TIMEOUT_MS = 30_000;
const RETRIES = 2;
const MAX_LISTED = 1_000;

interface InRepo {
  readonly repo: string;
  readonly revision: string;
}

export interface Hub {
  /** The commit that a branch or tag names now. */
  commitOf(options: InRepo): Promise<string>;
  pathsInfo(options: InRepo & { paths: readonly string[] }): Promise<readonly PathInfo[]>;
  /** Paths of a repository's files, a thousand at most. */
  listFiles(options: InRepo): Promise<readonly string[]>;
  urlOf(options: InRepo & { path: string }): URL;
  /** For the endpoint's own origin alone. */
  readonly secretHeaders: Readonly<Record<string, string>>;
}

const toEndpoint = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !isTrustedUrl(url) || url.username !== '')
    throw new AppError('invalid_request', 'HF_ENDPOINT: expected the https address of the hub or of a mirror');
  return url;
};

const HINTS: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  401: ['unauthenticated', 'there is no such repository, or it needs a token: set HF_TOKEN to one that may read it'],
  403: ['forbidden', "HF_TOKEN's owner may not read it: ask for access on the repository's page, or use another token"],
  404: ['not_found', 'there is no such repository or revision'],
};

/** @returns an AppError for what stays so, any other error for what may pass. */
const translate = (thrown: unknown, what: string, endpoint: string): Error => {
  if (!(thrown instanceof HubApiError)) return toRetryable(thrown);
  const { statusCode: status } = thrown;
  if (status >= 500 || status === 429) return toRetryable(new Error(`${endpoint} answers with status ${status}`));
  const [code, hint] = HINTS[status] ?? ['unavailable' as const, 'the hub gives no reason'];
  return new AppError(code, `${what} can't be had from ${endpoint} (status ${status}): ${hint}`, {
    details: { status, endpoint },
  });
};

/**
 * @throws AppError from each method: `unauthenticated`, `forbidden`, `not_found`, `unavailable`; `invalid_request` at once
 * for an HF_ENDPOINT that isn't https.
 */
export const createHub = (options: {
  environment: Readonly<Record<string, string | undefined>>;
  /** For messages. */
  what: string;
}): Hub => {
  const { what, environment } = options;
  const endpoint = toEndpoint(environment['HF_ENDPOINT'] || DEFAULT_ENDPOINT);
  const hubUrl = `${endpoint.origin}${endpoint.pathname.replace(/\/+$/, '')}`;
  const token = environment['HF_TOKEN']?.trim() ?? '';
  const secretHeaders: Readonly<Record<string, string>> = token === '' ? {} : { authorization: `Bearer ${token}` };
  // Not by the client's own parameter: a mirror's tokens need not start as the hub's do, and this one leaves with no redirect.
  const withToken: typeof fetch = (input, init = {}) => {
    const headers = new Headers(init.headers);
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin === endpoint.origin)
      for (const [name, value] of Object.entries(secretHeaders)) headers.set(name, value);
    return fetch(url, { ...init, headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
  };
  const ask = async <T>(question: () => Promise<T>): Promise<T> => {
    try {
      return await pRetry(
        () => question().catch((thrown: unknown) => Promise.reject(translate(thrown, what, showUrl(endpoint)))),
        { retries: RETRIES, minTimeout: 500, shouldRetry: ({ error }) => !(error instanceof AppError) },
      );
    } catch (thrown) {
      throw thrown instanceof AppError ? thrown : noWayError(what, thrown);
    }
  };
  return {
    commitOf: ({ repo, revision }) =>
      ask(async () => {
        const { sha } = await modelInfo({ name: repo, revision, additionalFields: ['sha'], hubUrl, fetch: withToken });
        return sha;
      }),
    pathsInfo: ({ repo, revision, paths }) =>
      ask(() => pathsInfo({ repo, revision, paths: [...paths], hubUrl, fetch: withToken })),
    listFiles: ({ repo, revision }) =>
      ask(async () => {
        const files: string[] = [];
        for await (const { type, path } of listFiles({ repo, revision, recursive: true, hubUrl, fetch: withToken })) {
          if (type === 'file') files.push(path);
          if (files.length === MAX_LISTED) break;
        }
        return files;
      }),
    urlOf: ({ repo, revision, path }) =>
      new URL(
        `${hubUrl}/${repo}/resolve/${encodeURIComponent(revision)}/${path.split('/').map(encodeURIComponent).join('/')}`,
      ),
    secretHeaders,
  };
};
