import { request } from 'node:http';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Fastify, { type FastifyInstance } from 'fastify';
import { hangUpSignal } from './hang-up-signal.js';

describe('the signal of a client that hangs up', () => {
  let app: FastifyInstance;
  let arrived: Promise<AbortSignal>;
  let answer: () => void;
  let url: string;

  beforeEach(async () => {
    app = Fastify();
    let arrive: (signal: AbortSignal) => void;
    arrived = new Promise((resolve) => (arrive = resolve));
    const answered = new Promise<void>((resolve) => (answer = resolve));
    app.post('/', async (_request, reply) => {
      arrive(hangUpSignal(reply));
      await answered;
      return { done: true };
    });
    url = await app.listen({ host: '127.0.0.1', port: 0 });
  });
  afterEach(() => app.close());

  it('is aborted when the connection closes before the answer', async () => {
    const client = request(url, { method: 'POST' });
    client.on('error', () => undefined);
    client.end();
    const signal = await arrived;
    expect(signal.aborted).toBe(false);
    const aborted = once(signal, 'abort');
    client.destroy();
    await aborted;
    expect(signal.aborted).toBe(true);
    answer();
  });

  it('is not aborted by an answer, nor by a body that has come whole', async () => {
    const client = fetch(url, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });
    const signal = await arrived;
    answer();
    expect(await (await client).json()).toEqual({ done: true });
    await app.close();
    expect(signal.aborted).toBe(false);
  });
});
