/**
 * Bodies into memory, whatever a client says and however slowly it sends: each is bounded, and so are all together. What is
 * compressed is bounded by what comes out.
 */
import type { Readable } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import { AppError } from '@graft/contracts';
import type { FastifyRequest } from 'fastify';
import type { App } from './app-types.js';
import { linger } from './linger.js';

/** Bytes that a request holds until it is answered. */
interface HeldBody {
  bytes: number;
  isOpen: boolean;
  /** It was refused before it had come whole. */
  isDiscarding: boolean;
}

declare module 'fastify' {
  interface FastifyRequest {
    heldBody: HeldBody | null;
  }
}

/**
 * The whole body, decompressed.
 * @throws AppError `too_large` beyond the limit, `overloaded` when bodies of other requests fill the memory for them,
 * `invalid_request` for an encoding that isn't known, what doesn't decompress, and a client that hangs up.
 */
export type ReadBody = (request: FastifyRequest, payload: Readable, limitBytes: number) => Promise<Buffer>;

const INFLATERS = { gzip: createGunzip, deflate: createInflate } as const;

const isInflatable = (encoding: string): encoding is keyof typeof INFLATERS => Object.hasOwn(INFLATERS, encoding);

interface Decoded {
  readonly stream: Readable;
  /** Lets go of the decoder before all has come. */
  readonly end: () => void;
}

const decode = (payload: Readable, encoding: string): Decoded => {
  if (encoding === 'identity') return { stream: payload, end: () => undefined };
  if (!isInflatable(encoding)) {
    const known = Object.keys(INFLATERS).join(', ');
    throw new AppError(
      'invalid_request',
      `content-encoding ${encoding} is not supported; known are ${known}, identity`,
    );
  }
  const inflater = INFLATERS[encoding]();
  const fail = (error: Error): void => void inflater.destroy(error);
  payload.once('error', fail).pipe(inflater);
  return {
    stream: inflater,
    end: () => {
      payload.unpipe(inflater).off('error', fail);
      inflater.destroy();
    },
  };
};

const refusalOf = (thrown: unknown, encoding: string): AppError => {
  if (thrown instanceof AppError) return thrown;
  const { code } = thrown as { readonly code?: unknown };
  const isOfZlib = typeof code === 'string' && code.startsWith('Z_');
  const message = isOfZlib ? `the body is not whole ${encoding}` : 'the body did not come whole';
  return new AppError('invalid_request', message, { cause: thrown });
};

const discardRest = ({ raw, heldBody }: FastifyRequest): void => {
  if (heldBody !== null && !raw.complete) heldBody.isDiscarding = true;
  linger(raw);
};

/** @param options.totalBytes what all bodies that are in memory at one time may take. */
export const createBodyReader = (app: App, { totalBytes }: { readonly totalBytes: number }): ReadBody => {
  let total = 0;
  app.decorateRequest('heldBody', null);
  app.addHook('onRequest', async (request, reply) => {
    if (request.method !== 'POST') return;
    const held: HeldBody = { bytes: 0, isOpen: true, isDiscarding: false };
    request.heldBody = held;
    // Also when the client hangs up, of which `onResponse` isn't told.
    reply.raw.once('close', () => {
      held.isOpen = false;
      total -= held.bytes;
      held.bytes = 0;
    });
  });

  app.addHook('onSend', async (request, reply, payload) => {
    // Fastify would have the connection closed as soon as the refusal is written.
    if (request.heldBody?.isDiscarding === true) reply.removeHeader('connection');
    return payload;
  });

  const hold = ({ heldBody }: FastifyRequest, bytes: number): void => {
    if (heldBody?.isOpen !== true) throw new AppError('invalid_request', 'the client hung up');
    if (total + bytes > totalBytes) {
      const message = `bodies of other requests fill the ${totalBytes} bytes that there are for them; try again later`;
      throw new AppError('overloaded', message, { details: { retryAfterSeconds: 1 } });
    }
    total += bytes;
    heldBody.bytes += bytes;
  };

  return async (request, payload, limitBytes) => {
    const tooLarge = (size: string): AppError =>
      new AppError('too_large', `the body is ${size}, more than the ${limitBytes} bytes that are taken here`);
    const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
    let end = (): void => undefined;
    try {
      const declared = Number(request.headers['content-length'] ?? 0);
      if (declared > limitBytes) throw tooLarge(`${declared} bytes`);
      const decoded = decode(payload, encoding);
      ({ end } = decoded);
      const chunks: Buffer[] = [];
      let length = 0;
      for await (const chunk of decoded.stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        length += chunk.length;
        if (length > limitBytes) throw tooLarge(`over ${limitBytes} bytes`);
        hold(request, chunk.length);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks, length);
    } catch (thrown) {
      // First: to let go of a decoder stops the stream that is then read on.
      end();
      discardRest(request);
      throw refusalOf(thrown, encoding);
    }
  };
};
