/** A large file over HTTP: counted as it comes, given up when nothing comes, and gone on with where it broke off. */
import { open } from 'node:fs/promises';
import { AppError } from '@graft/contracts';
import pRetry from 'p-retry';
import { MAX_WEIGHTS_BYTES, type DownloadProgress } from '../weights-source.js';
import { answerError, BrokenOffError, noWayError, toRetryable } from './download-errors.js';
import { getFollowing } from './follow-redirects.js';

/** Nothing came for so long: no answer, or no more of its body. */
const IDLE_MS = 60_000;
const RETRIES = 4;
const FIRST_DELAY_MS = 500;

export interface DownloadOptions {
  readonly url: URL;
  /** For messages. */
  readonly what: string;
  readonly target: string;
  readonly secretHeaders?: Readonly<Record<string, string>>;
  readonly maxBytes?: number;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
}

/** What is on disk, and what the server called it: a validator says whether the rest is of the same file. */
interface Partial {
  receivedBytes: number;
  totalBytes: number | null;
  validator: string | null;
}

const NOTHING: Partial = { receivedBytes: 0, totalBytes: null, validator: null };

const strongValidator = (headers: Headers): string | null => {
  const etag = headers.get('etag');
  return etag !== null && !etag.startsWith('W/') ? etag : headers.get('last-modified');
};

/** Where the answer's body belongs; a server that doesn't resume sends the whole again. */
const placeOf = (response: Response, partial: Partial): Partial => {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '') ?? [];
  if (response.status === 206 && Number(start) === partial.receivedBytes)
    return { ...partial, totalBytes: total === undefined || total === '*' ? partial.totalBytes : Number(total) };
  if (response.status !== 200) throw new BrokenOffError(`status ${response.status} with a range that wasn't asked for`);
  const length = response.headers.get('content-length');
  return {
    receivedBytes: 0,
    totalBytes: length === null ? null : Number(length),
    validator: strongValidator(response.headers),
  };
};

/** Aborts when nothing happens for a while; `beat` says that something did. */
const createIdleWatch = (signal: AbortSignal | undefined) => {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new BrokenOffError(`nothing came for ${IDLE_MS / 1000} s`)), IDLE_MS);
  return {
    signal: signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]),
    beat: (): void => void timer.refresh(),
    stop: (): void => clearTimeout(timer),
  };
};

const checkSize = ({ what, maxBytes = MAX_WEIGHTS_BYTES }: DownloadOptions, bytes: number | null): void => {
  if (bytes !== null && bytes > maxBytes)
    throw new AppError('too_large', `${what} is larger than ${maxBytes} bytes`, { details: { maxBytes } });
};

/** One try; what it received stays in `partial` and on disk. */
const attempt = async (options: DownloadOptions, partial: Partial): Promise<void> => {
  const { url, what, secretHeaders = {}, onProgress } = options;
  const watch = createIdleWatch(options.signal);
  const isResumable = partial.receivedBytes > 0 && partial.validator !== null;
  // The count is of the file's own bytes, so nothing may pack them on the way.
  const headers = {
    'accept-encoding': 'identity',
    ...(isResumable && { range: `bytes=${partial.receivedBytes}-`, 'if-range': partial.validator ?? '' }),
  };
  const file = await open(options.target, partial.receivedBytes > 0 ? 'r+' : 'w');
  try {
    const response = await getFollowing({ url, headers, secretHeaders, signal: watch.signal });
    // No such range: what is on disk is of another file, or already more than there is.
    if (response.status === 416) Object.assign(partial, NOTHING);
    if (!response.ok) throw await answerError(what, response);
    Object.assign(partial, placeOf(response, partial));
    checkSize(options, partial.totalBytes);
    await file.truncate(partial.receivedBytes);
    for await (const chunk of response.body ?? []) {
      watch.beat();
      const bytes = chunk as Uint8Array;
      checkSize(options, partial.receivedBytes + bytes.byteLength);
      await file.write(bytes, 0, bytes.byteLength, partial.receivedBytes);
      partial.receivedBytes += bytes.byteLength;
      onProgress?.({ receivedBytes: partial.receivedBytes, totalBytes: partial.totalBytes });
    }
    if (partial.totalBytes !== null && partial.receivedBytes !== partial.totalBytes)
      throw new BrokenOffError(`${partial.receivedBytes} of ${partial.totalBytes} bytes came`);
  } finally {
    watch.stop();
    await file.close();
  }
};

/**
 * Writes the file at `url` to `target`. What breaks off is tried again up to four times in about eight seconds, from where
 * it broke off where the server can.
 * @throws AppError `not_found`, `unauthenticated`, `forbidden`, `too_large` (more than 4 GB), `refused` (a redirect away from
 * https), `unavailable` (no way there, or it never came whole).
 */
export const downloadFile = async (options: DownloadOptions): Promise<void> => {
  const partial = { ...NOTHING };
  try {
    await pRetry(() => attempt(options, partial).catch((thrown: unknown) => Promise.reject(toRetryable(thrown))), {
      retries: RETRIES,
      minTimeout: FIRST_DELAY_MS,
      shouldRetry: ({ error }) => !(error instanceof AppError),
      ...(options.signal && { signal: options.signal }),
    });
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    if (options.signal?.aborted === true) throw thrown;
    throw noWayError(options.what, thrown);
  }
};
