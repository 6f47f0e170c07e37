import type { IncomingMessage, ServerResponse } from 'node:http';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { breakOff, sendFile, startFakeServer, type FakeServer } from '../testing/fake-server.js';
import { thrownBy } from '../testing/thrown-by.js';
import { downloadFile } from './sources/download-file.js';
import { resolveWeights } from './resolve-weights.js';

const WEIGHTS = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 31) % 251);
const DIGEST = createHash('sha256').update(WEIGHTS).digest('hex');

let cacheDir: string;
let server: FakeServer;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'graft-weights-'));
  answer = (request, response) => sendFile(request, response, WEIGHTS);
  server = await startFakeServer((request, response) => answer(request, response));
});
afterEach(async () => {
  await server.close();
  await rm(cacheDir, { recursive: true, force: true });
});

const kept = (): Promise<string[]> => readdir(join(cacheDir, 'weights')).catch(() => []);
const reference = (path = '/models/net.pth'): string => `${server.url}${path}#sha256=${DIGEST}`;

describe('weights on a web server', () => {
  it('are fetched once, with progress, and fetched again when the cached file was damaged', async () => {
    const seen: (readonly [number, number | null])[] = [];
    const first = await resolveWeights(reference(), {
      cacheDir,
      onProgress: ({ receivedBytes, totalBytes }) => void seen.push([receivedBytes, totalBytes]),
    });
    expect(first.digest).toBe(DIGEST);
    expect(await readFile(first.path)).toEqual(Buffer.from(WEIGHTS));
    expect(seen.at(-1)).toEqual([WEIGHTS.length, WEIGHTS.length]);
    expect(await resolveWeights(reference(), { cacheDir })).toEqual(first);
    expect(server.requests).toHaveLength(1);
    await writeFile(first.path, 'damaged');
    expect(await resolveWeights(reference(), { cacheDir })).toEqual(first);
    expect(server.requests).toHaveLength(2);
    expect((await kept()).sort()).toEqual([first.path, `${first.path}.json`].map((path) => path.split('/').at(-1)));
  });

  it('need a digest, of which the first eight digits will do', async () => {
    const bare = `${server.url}/net-${DIGEST.slice(0, 8)}.pth`;
    const error = await thrownBy(() => resolveWeights(bare, { cacheDir }));
    expect(error.code).toBe('invalid_request');
    expect(error.message).toContain('#sha256=');
    expect(server.requests).toHaveLength(0);
    expect((await resolveWeights(bare, { cacheDir, expectedDigest: DIGEST.slice(0, 8) })).digest).toBe(DIGEST);
    const short = resolveWeights(bare, { cacheDir, expectedDigest: DIGEST.slice(0, 7) });
    await expect(short).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('are refused when they are others, and nothing is left behind', async () => {
    answer = (request, response) => sendFile(request, response, WEIGHTS.subarray(1));
    await expect(resolveWeights(reference(), { cacheDir })).rejects.toMatchObject({ code: 'corrupt' });
    expect(await kept()).toEqual([]);
  });

  it('are gone on with where they broke off', async () => {
    let count = 0;
    answer = (request, response) => {
      count += 1;
      if (count === 1) breakOff(response, WEIGHTS, 100_000);
      else sendFile(request, response, WEIGHTS);
    };
    expect((await resolveWeights(reference(), { cacheDir })).digest).toBe(DIGEST);
    const [, second] = server.requests;
    expect(second?.headers.range).toBe('bytes=100000-');
    expect(second?.headers['if-range']).toBe('"v1"');
  });

  it('are begun again when the file has changed meanwhile', async () => {
    let count = 0;
    answer = (request, response) => {
      count += 1;
      if (count === 1) breakOff(response, new Uint8Array(400_000), 100_000, '"v0"');
      else sendFile(request, response, WEIGHTS, '"v1"');
    };
    expect((await resolveWeights(reference(), { cacheDir })).digest).toBe(DIGEST);
  });

  it('are waited for, and asked for again while the server is busy', async () => {
    let count = 0;
    answer = (request, response) => {
      count += 1;
      if (count === 1) response.writeHead(503).end('busy');
      else setTimeout(() => sendFile(request, response, WEIGHTS), 300);
    };
    expect((await resolveWeights(reference(), { cacheDir })).digest).toBe(DIGEST);
    expect(count).toBe(2);
  });

  it('follow redirects, but not away from https, and not for ever', async () => {
    answer = (request, response) => {
      if (request.url === '/real') sendFile(request, response, WEIGHTS);
      else if (request.url === '/moved') response.writeHead(302, { location: '/real' }).end();
      else if (request.url === '/away') response.writeHead(302, { location: 'http://example.com/x' }).end();
      else if (request.url === '/file') response.writeHead(302, { location: 'file:///etc/passwd' }).end();
      else response.writeHead(302, { location: `${request.url}x` }).end();
    };
    expect((await resolveWeights(reference('/moved'), { cacheDir })).digest).toBe(DIGEST);
    for (const path of ['/away', '/file', '/round'])
      await expect(resolveWeights(reference(path), { cacheDir })).rejects.toMatchObject({ code: 'refused' });
  });

  it.each([
    [404, 'not_found'],
    [401, 'unauthenticated'],
    [403, 'forbidden'],
    [400, 'unavailable'],
  ])('are not asked for twice when the server says %d', async (status, code) => {
    answer = (_request, response) => void response.writeHead(status).end('no');
    await expect(resolveWeights(reference('/x?key=secret'), { cacheDir })).rejects.toMatchObject({ code });
    expect(server.requests).toHaveLength(1);
    const error = await thrownBy(() => resolveWeights(reference('/x?key=secret'), { cacheDir }));
    expect(error.message).not.toContain('secret');
    expect(await kept()).toEqual([]);
  });

  it('are unavailable when nobody answers, with another way in', async () => {
    const gone = reference();
    await server.close();
    const error = await thrownBy(() => resolveWeights(gone, { cacheDir }));
    expect(error.code).toBe('unavailable');
    expect(error.message).toContain("give the file's path instead");
    expect(await kept()).toEqual([]);
  });

  it('are counted as they come, whatever the server says of their size', async () => {
    answer = (_request, response) => void response.writeHead(200).end(WEIGHTS);
    const target = join(cacheDir, 'target');
    const url = new URL(server.url);
    const large = downloadFile({ url, what: 'x', target, maxBytes: 1000 });
    await expect(large).rejects.toMatchObject({ code: 'too_large' });
    answer = (request, response) => sendFile(request, response, WEIGHTS);
    const stated = downloadFile({ url, what: 'x', target, maxBytes: 1000 });
    await expect(stated).rejects.toMatchObject({ code: 'too_large' });
  });

  it('come whole when two ask at once', async () => {
    const both = await Promise.all([
      resolveWeights(reference(), { cacheDir }),
      resolveWeights(reference(), { cacheDir }),
    ]);
    expect(both.map(({ digest }) => digest)).toEqual([DIGEST, DIGEST]);
    expect(await kept()).toHaveLength(2);
  });

  it('are no longer fetched once the caller has left', async () => {
    const controller = new AbortController();
    answer = () => controller.abort();
    await expect(resolveWeights(reference(), { cacheDir, signal: controller.signal })).rejects.toThrow();
    expect(await kept()).toEqual([]);
  });
});
