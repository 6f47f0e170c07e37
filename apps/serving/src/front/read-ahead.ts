/** A request's body, held so that it can be sent a second time; what is too much to hold is sent as it comes, once. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Body {
  readonly kept: Buffer;
  /** What follows, where not all of it is held. */
  readonly rest: IncomingMessage | null;
}

export interface ReadAheadLimits {
  /** Of one body, bytes. */
  readonly bodyBytes: number;
  /** Of all that are held at one time, bytes. */
  readonly totalBytes: number;
}

/** Lets go of what it holds when the response closes. */
export type ReadAhead = (request: IncomingMessage, response: ServerResponse) => Promise<Body>;

const EMPTY = Buffer.alloc(0);

/** Whether it can be sent (again): nothing of it is gone. */
export const isWhole = ({ rest }: Body): boolean => rest === null || !rest.readableDidRead;

export const createReadAhead = ({ bodyBytes, totalBytes }: ReadAheadLimits): ReadAhead => {
  let total = 0;
  return async (request, response) => {
    const declared = Number(request.headers['content-length'] ?? 0);
    // Not touched: whoever answers may refuse it before it comes.
    if (declared > bodyBytes || total + declared > totalBytes) return { kept: EMPTY, rest: request };
    let length = 0;
    response.once('close', () => (total -= length));
    const chunks: Buffer[] = [];
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      total += chunk.length;
      if (length > bodyBytes || total > totalBytes) return { kept: Buffer.concat(chunks, length), rest: request };
    }
    return { kept: Buffer.concat(chunks, length), rest: null };
  };
};
