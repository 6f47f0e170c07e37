import { request as sendRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ServingFront } from '@graft/contracts';
import { createLogger } from '@graft/platform';
import { linger } from '../http/linger.js';
import { bodyOf, createFakeReplicas, type FakeReplicas } from '../testing/fake-replicas.js';
import { eventually } from '../testing/fixture.js';
import { startFront, type Front } from './start-front.js';

const TOKEN = 'the-token-of-serving';

describe('a front with three replicas', () => {
  let fakes: FakeReplicas;
  let front: Front;
  let ended: string[];

  const statesOf = (): string[] => front.replicas.list().map(({ state }) => state);
  const isEvery = (state: string): boolean => statesOf().every((found) => found === state);
  const post = (path: string, body: Uint8Array | string = 'an image', headers = {}): Promise<Response> =>
    fetch(`${front.url}${path}`, { method: 'POST', body, headers: { 'content-type': 'image/png', ...headers } });
  const scale = (replicas: number, token = TOKEN): Promise<Response> =>
    fetch(`${front.url}/v1/replicas`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ replicas }),
    });

  beforeEach(async () => {
    fakes = createFakeReplicas();
    ended = [];
    front = await startFront({
      registry: {
        removeReplica: async (id) => {
          ended.push(id);
        },
      },
      ...{ host: '127.0.0.1', port: 0, replicas: 3, replicaId: () => 'r', token: TOKEN, deadlineMs: 10_000 },
      spawn: fakes.spawn,
      logger: createLogger({ service: 'serving', level: 'silent' }),
    });
    await eventually(() => isEvery('ready'));
  });
  afterEach(() => front.close());

  it('passes requests on as they are, to each in turn, and says which one answered', async () => {
    fakes.behave = async (request, response) => {
      const { method, url, headers } = request;
      response.writeHead(418, {
        'content-type': 'text/plain',
        'x-more': 'yes',
        connection: 'close, x-own',
        'x-own': '1',
      });
      response.end(
        `${method} ${url} ${headers['x-key']} ${headers['x-forwarded-for']} ${(await bodyOf(request)).toString()}`,
      );
    };
    const seen = new Set<string | null>();
    for (let time = 0; time < 6; time += 1) {
      const answer = await post('/v1/models/m:classify?top=2', 'pixels', { 'x-key': 'k' });
      expect(answer.status).toBe(418);
      expect(await answer.text()).toBe('POST /v1/models/m:classify?top=2 k 127.0.0.1 pixels');
      expect(answer.headers.get('content-type')).toBe('text/plain');
      expect(answer.headers.get('x-more')).toBe('yes');
      expect(answer.headers.get('x-own')).toBeNull();
      expect(answer.headers.get('x-id')).toBe(answer.headers.get('graft-replica'));
      seen.add(answer.headers.get('graft-replica'));
    }
    expect(seen).toEqual(new Set(['r-1', 'r-2', 'r-3']));
    const head = await fetch(`${front.url}/v2/models/m`, { method: 'HEAD' });
    expect(head.status).toBe(418);
  });

  it('prefers the replica that has least to do', async () => {
    const answers: (() => void)[] = [];
    fakes.behave = (_request, response) => void answers.push(() => response.end('late'));
    const waiting = [post('/a'), post('/b')];
    await eventually(() => answers.length === 2);
    fakes.behave = (_request, response) => void response.end('soon');
    const ids = new Set<string | null>();
    for (let time = 0; time < 4; time += 1) ids.add((await post('/c')).headers.get('graft-replica'));
    expect(ids.size).toBe(1);
    answers.forEach((answer) => answer());
    const busy = (await Promise.all(waiting)).map(({ headers }) => headers.get('graft-replica'));
    expect(new Set([...busy, ...ids]).size).toBe(3);
  });

  it('asks another when a replica dies with the request, and when half of its answer is out', async () => {
    for (const half of [false, true]) {
      let tries = 0;
      fakes.behave = async (request, response) => {
        const body = await bodyOf(request);
        tries += 1;
        if (tries === 3) return void response.end(body);
        if (half) response.writeHead(200, { 'content-length': '1000' }).write('half');
        setTimeout(() => request.socket.destroy(), half ? 20 : 0);
      };
      const answer = await post('/v1/models/m:classify', 'pixels');
      expect([answer.status, await answer.text(), tries]).toEqual([200, 'pixels', 3]);
      await eventually(() => isEvery('ready'));
    }
    expect(await (await fetch(`${front.url}/metrics`)).text()).toMatch(
      /graft_front_unanswered_total\{[^}]*replica="r-\d"/,
    );
  });

  it('starts a replica again that dies, at the same address, and ends its lease; others go on', async () => {
    const [, before] = front.replicas.list();
    let lost = 0;
    let stop = false;
    const client = (async () => {
      while (!stop) lost += (await post('/v1/models/m:classify')).ok ? 0 : 1;
    })();
    fakes.spawned[1]?.die();
    await eventually(() => fakes.spawned.length === 4 && isEvery('ready'));
    stop = true;
    await client;
    expect(lost).toBe(0);
    expect(ended).toEqual(['r-2']);
    const [one, two] = front.replicas.list();
    expect(two).toMatchObject({ id: 'r-2', restarts: 1, lastEnd: 'SIGKILL', url: before?.url });
    expect(two?.pid).not.toBe(before?.pid);
    expect(one).toMatchObject({ restarts: 0, lastEnd: null });
  });

  it('asks a replica that is not ready only when no other is there', async () => {
    for (const replica of fakes.spawned.slice(0, 2)) replica.isReady = false;
    await eventually(() => statesOf().filter((state) => state === 'unready').length === 2);
    for (let time = 0; time < 4; time += 1)
      expect((await post('/v1/models/m:classify')).headers.get('graft-replica')).toBe('r-3');
    fakes.spawned.forEach((replica) => (replica.isReady = false));
    await eventually(() => isEvery('unready'));
    expect((await post('/v1/models/m:classify')).status).toBe(200);
  });

  it('takes what it asked back from a replica that says nothing any more', async () => {
    const frozen = fakes.spawned[0];
    if (frozen === undefined) throw new Error('no replica');
    fakes.behave = (_request, response) => {
      if (response.getHeader('x-id') !== 'r-1') return void response.end('here');
      frozen.isFrozen = true;
    };
    const answers = await Promise.all([post('/a'), post('/b'), post('/c')]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(frozen.isFrozen).toBe(true);
    expect(statesOf()[0]).toBe('unreachable');
    frozen.isFrozen = false;
    await eventually(() => isEvery('ready'));
  });

  it('sends a body that is too large to be held once, as it comes', async () => {
    const large = Buffer.alloc(9 * 1024 * 1024, 1);
    expect(await (await post('/v2/models/m/infer', large)).json()).toMatchObject({ length: large.length });
    // Refused before it came: the client gets to read that.
    fakes.behave = (request, response) => {
      response.writeHead(413).end('too large');
      linger(request);
    };
    expect((await post('/v1/models/m:classify', large)).status).toBe(413);
    let tries = 0;
    fakes.behave = (request) => {
      tries += 1;
      request.once('data', () => request.socket.destroy());
    };
    const answer = await post('/v1/models/m:classify', large);
    expect([answer.status, tries]).toEqual([503, 1]);
    expect(await answer.json()).toMatchObject({
      code: 'unavailable',
      detail: expect.stringMatching(/too large/) as unknown,
    });
  });

  it('sends a body without a told length whole', async () => {
    const body = new ReadableStream({
      start: (controller) => {
        for (let part = 0; part < 10; part += 1) controller.enqueue(new Uint8Array(1024 * 1024));
        controller.close();
      },
    });
    const answer = await fetch(`${front.url}/x`, { method: 'POST', body, duplex: 'half' } as RequestInit);
    expect(await answer.json()).toMatchObject({ length: 10 * 1024 * 1024 });
  });

  it('tells the replica when the client hangs up, and asks no other', async () => {
    let tries = 0;
    const hungUp = new Promise<void>((resolve) => {
      fakes.behave = (_request, response) => {
        tries += 1;
        response.once('close', resolve);
        client.destroy();
      };
    });
    const client = sendRequest(`${front.url}/v1/models/m:classify`, { method: 'POST' });
    client.on('error', () => undefined);
    const closed = new Promise((resolve) => client.once('close', resolve));
    client.end('pixels');
    await Promise.all([hungUp, closed]);
    expect(tries).toBe(1);
    expect(isEvery('ready')).toBe(true);
  });

  it('has another number of replicas as soon as it is told, by who has the token', async () => {
    expect((await scale(4, 'another')).status).toBe(401);
    expect((await scale(0)).status).toBe(400);
    expect(front.replicas.list()).toHaveLength(3);
    const answers: (() => void)[] = [];
    fakes.behave = (_request, response) => void answers.push(() => response.end('late'));
    expect((await scale(4)).status).toBe(200);
    await eventually(() => statesOf().length === 4 && isEvery('ready'));
    expect((await scale(1)).status).toBe(200);
    await eventually(() => fakes.spawned.length === 4);
    const told = (await (await fetch(`${front.url}/v1/replicas`)).json()) as ServingFront;
    expect(told.replicas.map(({ id, state }) => [id, state])).toEqual([['r-1', 'ready']]);
    expect((await scale(2)).status).toBe(200);
    await eventually(() => statesOf().length === 2 && isEvery('ready'));
    // Whoever was told to end is not started again, and ends its lease itself.
    expect(ended).toEqual([]);
    expect(fakes.spawned.map(({ request }) => request.id)).toEqual(['r-1', 'r-2', 'r-3', 'r-4', 'r-2']);
  });

  it('says so when none answers, in the form of the protocol that was spoken', async () => {
    fakes.spawn = () => ({
      pid: null,
      listening: new Promise<string>(() => undefined),
      ended: new Promise<string>(() => undefined),
      kill: () => undefined,
    });
    fakes.behave = (request) => void request.socket.destroy();
    const answer = await post('/v1/models/m:classify');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await answer.json()).toMatchObject({
      detail: expect.stringMatching(/no replica answers: tried r-\d/) as unknown,
    });
    expect(await (await post('/v2/models/m/infer')).json()).toEqual({
      error: expect.stringMatching(/no replica/) as unknown,
    });
  });
});
