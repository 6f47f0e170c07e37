/** Downloading one file over HTTP. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { AppError } from '@graft/contracts';
import type { OnProgress } from './cache-entry.js';
import { formatMegabytes } from './python.js';

/** A host that isn't reached answers nothing at all: don't wait for it for long. */
const ANSWER_MS = 10_000;

export interface Download {
  readonly url: string;
  readonly path: string;
  readonly onProgress: OnProgress;
}

const request = async (url: string): Promise<Response> => {
  const aborter = new AbortController();
  const timer = setTimeout(() => aborter.abort(new Error(`no answer in ${ANSWER_MS} ms`)), ANSWER_MS);
  try {
    const response = await fetch(url, { signal: aborter.signal });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return response;
  } catch (cause) {
    const reason =
      cause instanceof Error ? ((cause.cause as Error | undefined)?.message ?? cause.message) : String(cause);
    throw new AppError('unavailable', `could not download ${url}: ${reason}`, { cause });
  } finally {
    clearTimeout(timer);
  }
};

/** @throws AppError `unavailable` when the host can't be reached or doesn't have it. */
export const downloadFile = async ({ url, path, onProgress }: Download): Promise<void> => {
  const response = await request(url);
  const total = Number(response.headers.get('content-length') ?? 0);
  let received = 0;
  const count = async function* (body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      received += chunk.length;
      onProgress(
        `downloading ${new URL(url).host}: ${formatMegabytes(received)}${total > 0 ? ` of ${formatMegabytes(total)}` : ''}`,
      );
      yield chunk;
    }
  };
  if (response.body === null) throw new AppError('unavailable', `${url} has no body`);
  await pipeline(Readable.fromWeb(response.body as ReadableStream), count, createWriteStream(path));
};

/** @throws AppError `unavailable`. */
export const downloadText = async (url: string): Promise<string> => (await request(url)).text();
