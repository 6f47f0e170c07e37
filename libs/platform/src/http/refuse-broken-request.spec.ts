import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { problemSchema } from '@graft/contracts';
import { afterEach, describe, expect, it } from '@jest/globals';
import Fastify from 'fastify';
import { refuseBrokenRequest } from './refuse-broken-request.js';

const app = Fastify({
  clientErrorHandler: refuseBrokenRequest,
  http: { headersTimeout: 100, connectionsCheckingInterval: 20 },
});
app.get('/', async () => 'here');
afterEach(() => app.close());

/** All that comes back to what is sent. */
const send = async (text: string): Promise<string> => {
  if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    let said = '';
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write(text));
    socket.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
    socket.on('close', () => resolve(said)).on('error', reject);
  });
};

describe('what never became a request', () => {
  it('is refused as a problem that says why, and the server goes on', async () => {
    const cases = [
      [`GET /${'a'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431, /larger than 16384 bytes/],
      ['this is no request\r\n\r\n', 400, /not a request of HTTP/],
      ['GET / HTTP/1.1\r\nhost: x\r\n', 408, /did not come whole/],
    ] as const;
    for (const [text, status, detail] of cases) {
      const [head = '', body = ''] = (await send(text)).split('\r\n\r\n');
      expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} .*content-type: application/problem\\+json`, 's'));
      const problem = problemSchema.parse(JSON.parse(body));
      expect(problem).toMatchObject({
        status,
        code: 'invalid_request',
        detail: expect.stringMatching(detail) as unknown,
      });
    }
    expect(await send('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')).toMatch(/here$/);
  });
});
