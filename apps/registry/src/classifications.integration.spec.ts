/** An image, passed on to whatever replica is live: replicas are servers of the test's own. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toProblem, AppError, type ReplicaReport } from '@graft/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createWorkshop, replicaReport } from './testing/entities.js';
import { failure } from './testing/failure.js';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

const MODEL = 'flowers';
const IMAGE = Buffer.from('an image');
const ANSWER = {
  ...{ model: MODEL, version: 1, generation: 1, requestId: 'a.b' },
  classes: [{ label: 'rose', probability: 0.9 }],
};

let registry: TestRegistry;
beforeAll(async () => {
  registry = await startTestRegistry();
  await (await createWorkshop(registry.as('admin'), MODEL)).register();
});
afterAll(() => registry.stop());

interface FakeReplica {
  readonly url: string;
  /** What it was sent, each as "path body". */
  readonly seen: string[];
}
const servers: Server[] = [];
const ids: string[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  for (const id of ids.splice(0)) await registry.as('serving').removeReplica(id);
});

/** Listens, and answers every request alike. */
const startReplica = async (
  status: number,
  answer: unknown,
  headers: Record<string, string> = {},
): Promise<FakeReplica> => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      seen.push(`${request.url} ${Buffer.concat(chunks).toString()}`);
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(answer));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
};

/** Holds a lease for what serves the model. */
const report = async (id: string, url: string, changes: Partial<ReplicaReport> = {}): Promise<void> => {
  ids.push(id);
  const serving = { model: MODEL, epoch: 1, generation: 1, version: 1, artifactDigest: 'a'.repeat(64) };
  await registry
    .as('serving')
    .reportReplica(id, replicaReport({ url, leaseSeconds: 60, serving: [serving], ...changes }));
};

const ask = (environment?: string) =>
  registry.as('viewer', { retries: 0 }).classify(MODEL, {
    image: IMAGE.toString('base64'),
    ...(environment === undefined ? {} : { environment }),
  });

describe('one image', () => {
  it('is answered by a live replica, which gets it as it was', async () => {
    const replica = await startReplica(200, ANSWER);
    await report('one', `${replica.url}/`);
    expect(await ask()).toEqual(ANSWER);
    expect(replica.seen).toEqual([`/v1/models/${MODEL}:classify an image`]);
  });

  it('goes to the next replica where one is gone, or has too much to do', async () => {
    const busy = await startReplica(429, toProblem(new AppError('overloaded', 'later')));
    const able = await startReplica(200, ANSWER);
    await report('a', 'http://127.0.0.1:9');
    await report('b', busy.url);
    await report('c', able.url);
    expect(await ask()).toEqual(ANSWER);
    expect(busy.seen).toHaveLength(1);
  });

  it('is refused as the replica refuses it', async () => {
    const replica = await startReplica(422, toProblem(new AppError('image_unfit', 'no image')));
    const other = await startReplica(200, ANSWER);
    await report('a', replica.url);
    await report('b', other.url);
    expect(await failure(ask())).toMatchObject({ code: 'image_unfit', message: 'no image' });
    expect(other.seen).toEqual([]);
  });

  it('has nobody to answer it where no live replica of the environment serves the model', async () => {
    const replica = await startReplica(200, ANSWER);
    await report('elsewhere', replica.url, { environment: 'staging' });
    await report('idle', replica.url, { serving: [] });
    expect(await failure(ask())).toMatchObject({
      code: 'not_found',
      message: `no live replica of production serves ${MODEL}`,
    });
    expect(await ask('staging')).toEqual(ANSWER);
  });

  it('is not passed on to where a replica sends it, nor is anything but an answer passed back', async () => {
    const secret = await startReplica(200, { secret: 'of another service' });
    const away = await startReplica(307, {}, { location: secret.url });
    await report('a', away.url);
    expect(await failure(ask())).toMatchObject({
      code: 'unavailable',
      message: `replica a does not answer at ${away.url}`,
    });
    expect(secret.seen).toEqual([]);
    await report('a', secret.url);
    const told = await failure(ask());
    expect(told.code).toBe('unavailable');
    expect(JSON.stringify(told)).not.toContain('of another service');
  });

  it('is for models that there are, and for people', async () => {
    const image = IMAGE.toString('base64');
    expect(await failure(registry.as('viewer').classify('trees', { image }))).toMatchObject({ code: 'not_found' });
    expect(await failure(registry.as('serving').classify(MODEL, { image }))).toMatchObject({ code: 'forbidden' });
  });
});
