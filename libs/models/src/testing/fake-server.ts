/** An HTTP server on this machine that answers as a test says, and keeps what it was asked. For tests alone. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeServer {
  readonly url: string;
  readonly requests: IncomingMessage[];
  close(): Promise<void>;
}

export const startFakeServer = async (
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<FakeServer> => {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** Sends bytes as a web server does: with a validator, and a part of them where a range is asked for. */
export const sendFile = (
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Uint8Array,
  etag = '"v1"',
): void => {
  const [, start] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  const from = start !== undefined && request.headers['if-range'] === etag ? Number(start) : null;
  response.setHeader('etag', etag);
  response.setHeader('content-length', bytes.byteLength - (from ?? 0));
  if (from !== null) response.setHeader('content-range', `bytes ${from}-${bytes.byteLength - 1}/${bytes.byteLength}`);
  response.writeHead(from === null ? 200 : 206);
  response.end(bytes.subarray(from ?? 0));
};

/** Sends the headers of the whole and only its first bytes, then hangs up. */
export const breakOff = (response: ServerResponse, bytes: Uint8Array, count: number, etag = '"v1"'): void => {
  response.writeHead(200, { etag, 'content-length': bytes.byteLength });
  response.write(bytes.subarray(0, count), () => setTimeout(() => response.destroy(), 50));
};
