/** What the adapter does when the other side is away, slow, or not a registry. The rest is tested on the real server. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError, toProblem } from '@graft/contracts';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createRegistryClient } from './create-registry-client.js';

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve)));
  server = undefined;
});

const serve = async (listener: RequestListener): Promise<string> => {
  const started = createServer(listener);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
};
const failure = async (call: Promise<unknown>): Promise<AppError> => {
  const thrown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof AppError) return thrown;
  throw new Error(`expected an AppError, got ${String(thrown)}`);
};

describe('createRegistryClient', () => {
  it('names where it looked and what to do when nothing is there', async () => {
    const url = await serve(() => undefined);
    await new Promise((resolve) => server?.close(resolve));
    const error = await failure(createRegistryClient({ url, token: 't', retries: 1 }).listModels());
    expect(error.code).toBe('unavailable');
    expect(error.message).toContain(url);
    expect(error.message).toMatch(/ECONNREFUSED.*graft up/);
  });

  it('tries again after a broken connection, under one key for what must be done once', async () => {
    const keys: unknown[] = [];
    const url = await serve((request, response) => {
      keys.push(request.headers['idempotency-key']);
      if (keys.length < 3) request.socket.destroy();
      else response.end(JSON.stringify({ items: [], next: null }));
    });
    const client = createRegistryClient({ url, token: 't' });
    expect(await client.listModels()).toEqual([]);
    expect(keys).toEqual([undefined, undefined, undefined]);
    keys.length = 0;
    await client.postRunEvents('r', []);
    expect(keys).toHaveLength(3);
    expect(keys[0]).toMatch(/^"[0-9a-f-]{36}"$/);
    expect(new Set(keys).size).toBe(1);
  });

  it('waits for an earlier try that is still under way', async () => {
    let calls = 0;
    const url = await serve((_request, response) => {
      calls += 1;
      if (calls > 1) return response.end('{"accepted":0}');
      const problem = toProblem(new AppError('conflict', 'under way', { details: { retryAfterSeconds: 1 } }));
      return response.writeHead(problem.status).end(JSON.stringify(problem));
    });
    await createRegistryClient({ url, token: 't' }).postRunEvents('r', []);
    expect(calls).toBe(2);
  });

  it('does not try again what the registry has answered', async () => {
    let calls = 0;
    const url = await serve((_request, response) => {
      calls += 1;
      const problem = toProblem(new AppError('unavailable', 'no database', { details: { since: 3 } }));
      response.writeHead(problem.status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
    });
    const error = await failure(createRegistryClient({ url, token: 't' }).listModels());
    expect(error).toMatchObject({ code: 'unavailable', message: 'no database', details: { since: 3 } });
    expect(calls).toBe(1);
  });

  it('gives up on an answer that does not come', async () => {
    const url = await serve(() => undefined);
    const error = await failure(createRegistryClient({ url, token: 't', timeoutMs: 50 }).getModel('flowers'));
    expect(error.code).toBe('timeout');
  });

  it('refuses answers that are not a registry’s', async () => {
    const url = await serve((request, response) => {
      if (request.url?.startsWith('/v1/models?')) response.end('{"models":[]}');
      else if (request.url?.startsWith('/v1/runs?')) response.end('<html>hello</html>');
      else response.writeHead(502).end('<html>bad gateway</html>');
    });
    const client = createRegistryClient({ url, token: 't' });
    expect((await failure(client.listModels())).code).toBe('internal');
    expect((await failure(client.listRuns())).code).toBe('internal');
    expect((await failure(client.listReplicas())).code).toBe('unavailable');
  });

  it('sends its token, escapes names, and leaves undefined filters out', async () => {
    const seen: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      seen.push(request.url, request.headers.authorization, String(request.headers['x-graft-actor']));
      response.end('{"items":[],"next":null}');
    });
    const client = createRegistryClient({ url: `${url}/`, token: 'secret', actor: 'Zoë' });
    await client.listModelVersions('a/b?c');
    await client.listRuns({ state: 'failed' });
    expect(seen).toEqual([
      '/v1/models/a%2Fb%3Fc/versions?limit=500',
      'Bearer secret',
      'Zo%C3%AB',
      '/v1/runs?state=failed&limit=100',
      'Bearer secret',
      'Zo%C3%AB',
    ]);
  });

  it('reads a list page after page, and no more of it than was asked for', async () => {
    const seen: URLSearchParams[] = [];
    const url = await serve((request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://here');
      seen.push(searchParams);
      const from = Number(searchParams.get('cursor') ?? 0);
      const items = Array.from({ length: Number(searchParams.get('limit')) }, (_, i) => event(from + i + 1));
      response.end(JSON.stringify({ items, next: from + items.length < 1200 ? String(from + items.length) : null }));
    });
    const event = (seq: number): object => ({
      ...{ schemaVersion: 'run-event.v1', runId: 'r', seq, at: '2026-01-01T00:00:00Z' },
      ...{ stage: 'train', kind: 'progress' },
    });
    const client = createRegistryClient({ url, token: 't' });
    const events = await client.listRunEvents('r', { after: 3, limit: 1100 });
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 1100 }, (_, i) => i + 1));
    expect(seen.map(String)).toEqual([
      'after=3&limit=500',
      'after=3&limit=500&cursor=500',
      'after=3&limit=100&cursor=1000',
    ]);
  });

  it('ends an event stream with an error when the registry refuses, and quietly on abort', async () => {
    const url = await serve((request, response) => {
      if (request.headers.authorization === 'Bearer good') {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write('id: 4\nevent: ready\ndata: {}\n\n');
        return;
      }
      const problem = toProblem(new AppError('forbidden', 'not for you'));
      response.writeHead(problem.status).end(JSON.stringify(problem));
    });
    const read = async (token: string, forMs: number): Promise<void> => {
      const client = createRegistryClient({ url, token });
      for await (const event of client.events({ signal: AbortSignal.timeout(forMs) })) throw new Error(event.kind);
    };
    expect((await failure(read('bad', 10_000))).code).toBe('forbidden');
    await read('good', 300);
  });

  it('takes a broken event stream up again after the last id', async () => {
    const asked: unknown[] = [];
    const event = { id: 8, kind: 'run', subject: 'r', environment: null, at: '2026-01-01T00:00:00Z' };
    const url = await serve((request, response) => {
      asked.push(request.headers['last-event-id']);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (asked.length === 1) response.end('id: 7\nevent: ready\ndata: {}\n\n');
      else response.write(`: heartbeat\n\nid: 8\nevent: change\ndata: ${JSON.stringify(event)}\n\n`);
    });
    const client = createRegistryClient({ url, token: 't' });
    for await (const one of client.events({ signal: AbortSignal.timeout(60_000) })) {
      expect(one).toEqual(event);
      break;
    }
    expect(asked).toEqual([undefined, '7']);
  });
});
