/** Requests that nobody means well with, over real sockets: refused with the reason, within bounds, and felt by nobody else. */
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { crc32, createGzip, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, type Fixture } from '../testing/fixture.js';
import { binaryRequest, redTensor, serveColours } from '../testing/serve-colours.js';
import { RED, SIZE } from '../testing/tiny-model.js';

const MIB = 1024 * 1024;
const INFER = '/v2/models/colours/infer';
const CLASSIFY = '/v1/models/colours:classify';
/** Short, for those who are to be cut off: a body of many megabytes may need longer on a busy machine. */
const SHORT_RECEIVE_TIMEOUT_MS = 1_500;
const MAX_BODIES_BYTES = 80 * MIB;

let fixture: Fixture;
let url: string;
/** One that waits for no one. */
let hasty: Fixture;
let hastyUrl: string;
const sockets: Socket[] = [];

beforeAll(async () => {
  ({ fixture, url } = await serveColours({ maxImageBytes: 600_000, maxBodiesBytes: MAX_BODIES_BYTES }));
  ({ fixture: hasty, url: hastyUrl } = await serveColours({ receiveTimeoutMs: SHORT_RECEIVE_TIMEOUT_MS }));
});
afterEach(() => sockets.splice(0).forEach((socket) => socket.destroy()));
afterAll(async () => {
  await fixture.dispose();
  await hasty.dispose();
});

interface Raw {
  readonly socket: Socket;
  /** What came back so far. */
  readonly said: () => string;
  readonly closed: Promise<void>;
}

const open = async (server = url): Promise<Raw> => {
  const { hostname, port } = new URL(server);
  const socket = connect({ host: hostname, port: Number(port) });
  sockets.push(socket);
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  // Cut off in the middle of a write.
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise((resolve) => socket.once('connect', resolve));
  return { socket, said: () => text, closed };
};

const head = (path: string, headers: Readonly<Record<string, string | number>>): string =>
  [`POST ${path} HTTP/1.1`, 'host: graft', ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)].join(
    '\r\n',
  ) + '\r\n\r\n';

const post = (
  path: string,
  body: Uint8Array | string,
  headers: Record<string, string> = {},
  server = url,
): Promise<Response> => fetch(`${server}${path}`, { method: 'POST', body, headers });

/** Someone else asks, and is answered. */
const expectOthersServed = async (server = url): Promise<void> => {
  expect((await post(CLASSIFY, RED, { 'content-type': 'image/png' }, server)).status).toBe(200);
  const input = { name: 'input', shape: [1, 3, SIZE, SIZE], datatype: 'FP32', data: [...redTensor()] };
  expect((await post(INFER, JSON.stringify({ inputs: [input] }), {}, server)).status).toBe(200);
};

/** Sends chunks until it is cut off or has sent all. @returns how many bytes were sent. */
const flood = async ({ socket }: Raw, totalBytes: number): Promise<number> => {
  const chunk = Buffer.alloc(256 * 1024, 0x20);
  const frame = Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]);
  let sent = 0;
  while (sent < totalBytes && !socket.destroyed) {
    if (!socket.write(frame)) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          socket.off('drain', done).off('close', done);
          resolve();
        };
        socket.once('drain', done).once('close', done);
        if (socket.destroyed) done();
      });
    }
    sent += chunk.length;
  }
  return sent;
};

const gzipOfZeros = async (sizeBytes: number): Promise<Buffer> => {
  const gzip = createGzip();
  const chunks: Buffer[] = [];
  gzip.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise((resolve) => gzip.once('end', resolve));
  for (let sent = 0; sent < sizeBytes; sent += MIB) {
    if (!gzip.write(Buffer.alloc(MIB))) await new Promise((resolve) => gzip.once('drain', resolve));
  }
  gzip.end();
  await ended;
  return Buffer.concat(chunks);
};

describe('bodies of a gigabyte', () => {
  it.each([INFER, CLASSIFY])('are refused before they come, where their length is told: %s', async (path) => {
    const raw = await open();
    raw.socket.write(head(path, { 'content-type': 'application/octet-stream', 'content-length': 1024 * MIB }));
    await eventually(() => raw.said().includes('1073741824'));
    expect(raw.said()).toMatch(/^HTTP\/1\.1 413 .*the body is 1073741824 bytes, more than the \d+ bytes/s);
    // The client goes on sending nothing; it isn't waited for.
    await raw.closed;
    await expectOthersServed();
  });

  it.each([INFER, CLASSIFY])('are refused while they come, where it is not: %s', async (path) => {
    const raw = await open();
    raw.socket.write(head(path, { 'content-type': 'application/octet-stream', 'transfer-encoding': 'chunked' }));
    const [sent] = await Promise.all([flood(raw, 8 * 1024 * MIB), raw.closed, expectOthersServed()]);
    expect(raw.said()).toMatch(/^HTTP\/1\.1 413 /);
    expect(sent).toBeLessThan(8 * 1024 * MIB);
    await expectOthersServed();
  });
});

describe('a body that is too large', () => {
  it('costs its client the connection only when it does not stop, and never the answer', async () => {
    const raw = await open();
    raw.socket.pause();
    raw.socket.write(head(CLASSIFY, { 'content-type': 'image/png', 'content-length': 8 * MIB }));
    await new Promise<void>((resolve) => raw.socket.write(Buffer.alloc(8 * MIB), () => resolve()));
    raw.socket.write('GET /v2/health/live HTTP/1.1\r\nhost: graft\r\n\r\n');
    raw.socket.resume();
    await eventually(() => raw.said().endsWith('{"live":true}'));
    expect(raw.said()).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe('what decompresses to far more than it is', () => {
  it('is refused when it has come to the limit', async () => {
    const bomb = await gzipOfZeros(512 * MIB);
    expect(bomb.length).toBeLessThan(MIB);
    const before = process.memoryUsage().arrayBuffers;
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().arrayBuffers)), 5);
    const responses = await Promise.all([
      post(INFER, bomb, { 'content-encoding': 'gzip' }),
      post(CLASSIFY, bomb, { 'content-encoding': 'gzip', 'content-type': 'image/png' }),
      expectOthersServed(),
    ]);
    clearInterval(watch);
    for (const response of responses.slice(0, 2)) {
      expect(response?.status).toBe(413);
      expect(await response?.text()).toMatch(/the body is over (67108864|600000) bytes/);
    }
    // The bodies' own bound, and what the collector hasn't come to.
    expect(peak - before).toBeLessThan(2 * MAX_BODIES_BYTES);
  });

  it('is refused as an image of too many pixels', async () => {
    const chunk = (type: string, data: Buffer): Buffer => {
      const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
      const frame = Buffer.alloc(8 + named.length);
      frame.writeUInt32BE(data.length, 0);
      named.copy(frame, 4);
      frame.writeUInt32BE(crc32(named), 4 + named.length);
      return frame;
    };
    const size = Buffer.from([0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60, 8, 2, 0, 0, 0]);
    const png = Buffer.concat([
      RED.subarray(0, 8),
      chunk('IHDR', size),
      chunk('IDAT', deflateSync(Buffer.alloc(10 * MIB))),
      chunk('IEND', Buffer.alloc(0)),
    ]);
    const response = await post(CLASSIFY, png, { 'content-type': 'image/png' });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: 'image_unfit', details: { reason: 'too_many_pixels' } });
  });

  it('is refused where it does not decompress, or nobody knows how', async () => {
    const half = gzipSync(Buffer.alloc(10_000, 'a')).subarray(0, 30);
    for (const [body, encoding, message] of [
      [Buffer.from('not gzip'), 'gzip', /the body is not whole gzip/],
      [half, 'gzip', /the body is not whole gzip/],
      [Buffer.from('{}'), 'zstd', /content-encoding zstd is not supported; known are gzip, deflate, identity/],
      [Buffer.from('{}'), 'gzip, gzip', /is not supported/],
    ] as const) {
      const response = await post(INFER, body, { 'content-encoding': encoding });
      expect(await response.text()).toMatch(message);
      expect(response.status).toBe(400);
    }
  });

  it('is taken where it stays within the limit', async () => {
    const input = { name: 'input', shape: [1, 3, SIZE, SIZE], datatype: 'FP32', data: [...redTensor()] };
    const body = gzipSync(JSON.stringify({ inputs: [input] }));
    expect((await post(INFER, body, { 'content-encoding': 'gzip' })).status).toBe(200);
  });
});

describe('clients that send slowly', () => {
  it('are cut off when a head or a body does not come whole in time, while others are served', async () => {
    const dribbles = await Promise.all(
      [
        `POST ${INFER} HTTP/1.1\r\nhost: graft\r\nx-a: `,
        head(INFER, { 'content-length': 1_000 }),
        head(CLASSIFY, { 'content-type': 'image/png', 'transfer-encoding': 'chunked' }) + '4000\r\n',
      ].map(async (start) => {
        const raw = await open(hastyUrl);
        raw.socket.write(start);
        const timer = setInterval(() => raw.socket.write('a'), 100);
        void raw.closed.then(() => clearInterval(timer));
        return raw;
      }),
    );
    await expectOthersServed(hastyUrl);
    await Promise.all(dribbles.map(({ closed }) => closed));
    for (const { said } of dribbles) expect(said()).toMatch(/^HTTP\/1\.1 408 .*did not come whole in time/s);
    await expectOthersServed(hastyUrl);
  });

  it('fill no more memory than there is for bodies, and give it back when they go', async () => {
    const LARGE = 45 * MIB;
    const holder = await open();
    holder.socket.write(head(INFER, { 'content-length': LARGE + 1 }));
    await new Promise<void>((resolve) => holder.socket.write(Buffer.alloc(LARGE), () => resolve()));
    const second = (): Promise<Response> => post(INFER, new Uint8Array(LARGE));
    // What was written may not have been read yet; a second that comes first is told that its body is not JSON.
    let refused = await second();
    await eventually(async () => refused.status === 429 || (refused = await second()).status === 429);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toEqual({ error: expect.stringMatching(/bodies of other requests fill/) as unknown });
    await expectOthersServed();
    holder.socket.destroy();
    await eventually(async () => (await second()).status === 413);
  });

  it('lose nothing for others when they hang up in the middle', async () => {
    for (let turn = 0; turn < 50; turn += 1) {
      const raw = await open();
      raw.socket.write(
        head(turn % 2 === 0 ? INFER : CLASSIFY, { 'content-type': 'image/png', 'content-length': 5_000 }),
      );
      raw.socket.write(Buffer.alloc(turn));
      raw.socket.destroy();
    }
    await pause(20);
    await expectOthersServed();
  });
});

describe('requests of a million elements', () => {
  const many = (text: string, count: number): string => Array<string>(count).fill(text).join(',');
  const input = (shape: string, data: string): string =>
    `{"inputs":[{"name":"input","datatype":"FP32","shape":[${shape}],"data":[${data}]}]}`;
  it.each<[string, string, number, RegExp]>([
    ['axes', input(many('1', 1_000_000), '1'), 400, /inputs\.0\.shape has 1000000 elements, at most 8/],
    ['inputs', `{"inputs":[${many('{}', 1_000_000)}]}`, 400, /inputs has 1000000 elements, at most 16/],
    ['outputs', `{"inputs":[],"outputs":[${many('{}', 1_000_000)}]}`, 400, /outputs has 1000000 elements, at most 64/],
    [
      'parameters',
      `{"inputs":[],"parameters":{${Array.from({ length: 200_000 }, (_, index) => `"p${index}":{}`).join(',')}}}`,
      400,
      /parameters has 200000 elements, at most 64/,
    ],
    ['numbers', input(`1, 3, ${SIZE}, ${SIZE}`, many('1', 1_000_000)), 400, /has 192 elements, got 1000000/],
    ['images', input(`1000000, 3, ${SIZE}, ${SIZE}`, '1'), 400, /expected 1 to 32 images, got 1000000/],
    ['brackets', `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`, 400, /body/],
    ['megabytes of JSON', input('1', many('[]', 6_000_000)), 413, /bytes of JSON, at most 16777216 are taken/],
    ['what is beyond all numbers', input('1e308, 3, 8, 8', '1'), 400, /shape/],
  ])('are refused: %s', async (_what, body, status, message) => {
    const response = await post(INFER, body);
    const text = await response.text();
    expect(text).toMatch(message);
    expect(text.length).toBeLessThan(2_000);
    expect(response.status).toBe(status);
    await expectOthersServed();
  });

  it('are refused as a binary tensor that says it has them', async () => {
    const made = {
      name: 'input',
      datatype: 'FP32',
      shape: [1, 3, SIZE, SIZE],
      parameters: { binary_data_size: 2 ** 52 },
    };
    const request = binaryRequest({ inputs: [made] }, new Uint8Array(8));
    const response = await fetch(`${url}${INFER}`, { method: 'POST', ...request });
    expect(await response.text()).toMatch(/binary_data_size is 4503599627370496, but 8 bytes follow the JSON/);
  });
});
