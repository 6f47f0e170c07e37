import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Classification } from '@graft/contracts';
import { afterEach, describe, expect, it } from '@jest/globals';
import { compareAnswers, watchFromOutside } from './client.js';

const answer = (generation: number, ants: number): Classification => ({
  model: 'insects',
  version: generation,
  generation,
  requestId: 'r.s',
  classes: [
    { label: 'ants', probability: ants },
    { label: 'bees', probability: 1 - ants },
  ].sort((a, b) => b.probability - a.probability),
});

describe('compareAnswers', () => {
  it('finds the largest difference and the answers that turned over, and leaves out what nobody answered', () => {
    expect(
      compareAnswers([answer(1, 0.9), answer(1, 0.6), null], [answer(2, 0.85), answer(2, 0.4), answer(2, 0.1)]),
    ).toEqual({
      compared: 2,
      sameTop1: 1,
      maxDifference: expect.closeTo(0.2, 10),
    });
  });
});

describe('watchFromOutside', () => {
  let server: Server | undefined;
  afterEach(() => new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve))));

  const serve = async (generationAt: () => number): Promise<string> => {
    server = createServer((request, response) => {
      request
        .resume()
        .on('end', () =>
          response.setHeader('content-type', 'application/json').end(JSON.stringify(answer(generationAt(), 0.9))),
        );
    });
    const listening = server;
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
  };

  it('tells when the first answer of the new generation came', async () => {
    let generation = 2;
    const servingUrl = await serve(() => generation);
    const view = await watchFromOutside({
      servingUrl,
      model: 'insects',
      probe: { file: 'x', bytes: new Uint8Array(3) },
      act: async () => {
        setTimeout(() => (generation = 3), 60);
        return { generation: 3 };
      },
      timeoutMs: 5000,
    });
    expect(view.clientMs).toBeGreaterThanOrEqual(55);
    expect(view.failed).toBe(0);
    expect(view.requests).toBeGreaterThan(1);
  });

  it('says so when the new generation never comes', async () => {
    const servingUrl = await serve(() => 2);
    const watching = watchFromOutside({
      servingUrl,
      model: 'insects',
      probe: { file: 'x', bytes: new Uint8Array(3) },
      act: async () => ({ generation: 3 }),
      timeoutMs: 100,
    });
    await expect(watching).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('generation 3 of insects'),
    });
  });
});
