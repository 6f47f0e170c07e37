/** Webhooks from the act to the receiver: a server on this machine that fails as receivers do. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { webhookMessageSchema, type NoticeKind, type WebhookMessage } from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createWorkshop } from './testing/entities.js';
import { failure } from './testing/failure.js';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

let registry: TestRegistry;
let admin: Registry;
let database: pg.Client;
const servers: Server[] = [];

beforeAll(async () => {
  const deliveries = { timeoutMs: 1_000, backoffMs: [20, 40, 80], pollMs: 50 };
  registry = await startTestRegistry({ deliveries });
  admin = registry.as('admin');
  database = new pg.Client({ connectionString: registry.databaseUrl });
  await database.connect();
});
afterEach(async () => {
  for (const { id } of await admin.listWebhooks()) await admin.removeWebhook(id);
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});
afterAll(async () => {
  await database.end();
  await registry.stop();
});

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly message: WebhookMessage;
}

/** What a receiver does with a request before it is well again. */
type Trouble = 'hang' | 'reset' | number;

/**
 * A receiver. `tried` has every request, `taken` the messages that were answered well: one that comes again, since the answer came too
 * late, is one that it has had.
 */
const receive = async (troubles: Trouble[] = []) => {
  const tried: Received[] = [];
  const taken: Received[] = [];
  const answer = (trouble: Trouble | undefined, response: ServerResponse): void => {
    if (trouble === 'hang') return;
    if (trouble === 'reset') return void response.destroy();
    response.writeHead(trouble ?? 204, trouble === 302 ? { location: '/elsewhere' } : {}).end();
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const received = { headers: request.headers, body, message: webhookMessageSchema.parse(JSON.parse(body)) };
      tried.push(received);
      const trouble = troubles.shift();
      if (trouble === undefined && !taken.some((had) => idOf(had) === idOf(received))) taken.push(received);
      answer(trouble, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  return { url, tried, taken, troubles };
};

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 400; tries += 1) {
    if (await holds()) return;
    await sleep(25);
  }
  throw new Error('it did not come to be');
};
const kindsOf = (received: readonly Received[]): string[] => received.map(({ message }) => message.type);
const idOf = ({ headers }: Received): string => String(headers['webhook-id']);

/** As a receiver would: by the secret that it was given, and nothing of ours. */
const isSigned = ({ headers, body }: Received, secret: string): boolean => {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const digest = createHmac('sha256', Buffer.from(secret.replace('whsec_', ''), 'base64')).update(signed);
  return headers['webhook-signature'] === `v1,${digest.digest('base64')}`;
};

describe('a webhook', () => {
  it('is told of what happens to a model, in order, signed, with who, why and where to read on', async () => {
    const receiver = await receive();
    const { id, secret } = await admin.createWebhook({ url: receiver.url });
    const { model, ship } = await createWorkshop(admin, 'told');
    await ship();
    await ship();
    await admin.rollback(model, { reason: 'it sees cats everywhere' });
    await until(() => receiver.taken.length === 7);
    expect(kindsOf(receiver.taken)).toEqual([
      ...['review.requested', 'review.approved', 'deployment.promoted'],
      ...['review.requested', 'review.approved', 'deployment.promoted', 'deployment.rolled_back'],
    ]);
    expect(receiver.taken.every((received) => isSigned(received, secret))).toBe(true);
    const { message } = receiver.taken[6] as Received;
    expect(message.data).toMatchObject({
      ...{ model, version: 1, variant: 'fp32', environment: 'production', generation: 3 },
      ...{ by: 'admin', reason: 'it sees cats everywhere' },
    });
    for (const { message: told } of receiver.taken) {
      const answer = await fetch(told.data.link ?? '', { headers: { authorization: 'Bearer token-of-viewer' } });
      expect(answer.status).toBe(200);
    }
    await until(async () => (await admin.listWebhooks())[0]?.waiting === 0);
    expect((await admin.listWebhooks())[0]).not.toHaveProperty('secret');
    expect((await admin.listDeliveries(id)).every(({ state }) => state === 'delivered')).toBe(true);
  });

  it('that fails, hangs and hangs up while the registry restarts misses nothing, and has all of it in the order of commits', async () => {
    const receiver = await receive([500, 'hang', 'reset', 503, 302, 429]);
    await admin.createWebhook({ url: receiver.url });
    const { ship } = await createWorkshop(admin, 'flaky');
    await ship();
    await until(() => receiver.tried.length >= 3);
    await registry.restart();
    await ship();
    await registry.restart();
    const steps = ['review.requested', 'review.approved', 'deployment.promoted'];
    await until(() => receiver.taken.length >= 6);
    expect(kindsOf(receiver.taken)).toEqual([...steps, ...steps]);
    expect(new Set(receiver.tried.slice(0, 7).map(idOf)).size).toBe(1);
    expect(new Set(receiver.taken.map(idOf)).size).toBe(6);
  });

  it('is delivered to by another registry once the claim of one that was killed has run out', async () => {
    const receiver = await receive();
    const { id } = await admin.createWebhook({ url: receiver.url });
    const claim = (time: string) =>
      database.query(`UPDATE webhook SET claimed_until = now() + $2::interval WHERE id = $1`, [id, time]);
    await claim('1 hour');
    const { register } = await createWorkshop(admin, 'killed');
    await register();
    await sleep(300);
    expect(receiver.tried).toEqual([]);
    await claim('100 ms');
    await until(() => receiver.taken.length === 1);
  });

  it('that stands still keeps no other one waiting, and hears alone of what it asked for', async () => {
    const slow = await receive(Array<Trouble>(50).fill('hang'));
    const quick = await receive();
    await admin.createWebhook({ url: slow.url });
    await admin.createWebhook({ url: quick.url, events: ['deployment.promoted'] });
    const { ship } = await createWorkshop(admin, 'side-by-side');
    await ship();
    await until(() => quick.taken.length === 1);
    expect(kindsOf(quick.tried)).toEqual(['deployment.promoted']);
    expect(slow.taken).toEqual([]);
  });

  it('says of a failing run and of a promotion that failed what went wrong', async () => {
    const receiver = await receive();
    await admin.createWebhook({ url: receiver.url, events: ['run.failed', 'promotion.failed'] });
    const { model, newRun, register, approve } = await createWorkshop(admin, 'unlucky');
    const run = await newRun();
    const error = { code: 'training_diverged', message: 'the loss is NaN' };
    await admin.patchRun(run.id, { state: 'failed', error });
    await admin.patchRun(run.id, { state: 'failed', error });
    const { version } = await register();
    await approve(version);
    const { id } = await admin.requestPromotion(model, { version, expectedGeneration: 0, reason: 'now' });
    await admin.failPromotion(id, { code: 'timeout', message: 'no live replica' });
    await until(() => receiver.taken.length >= 2);
    await sleep(200);
    expect(receiver.taken.map(({ message: { type, data } }) => [type, data.id, data.reason])).toEqual([
      ['run.failed', run.id, 'the loss is NaN'],
      ['promotion.failed', id, 'no live replica'],
    ]);
  });

  it('says of a promotion that a rollback has called off that it failed', async () => {
    const receiver = await receive();
    await admin.createWebhook({ url: receiver.url, events: ['promotion.failed', 'deployment.rolled_back'] });
    const { model, ship, register, approve } = await createWorkshop(admin, 'called-off');
    await ship();
    await ship();
    const { version } = await register();
    await approve(version);
    const { id } = await admin.requestPromotion(model, { version, expectedGeneration: 2, reason: 'now' });
    await admin.rollback(model, { reason: 'it sees cats everywhere' });
    await until(() => receiver.taken.length === 2);
    expect(receiver.taken.map(({ message: { type, data } }) => [type, data.version, data.id])).toEqual([
      ['deployment.rolled_back', 1, null],
      ['promotion.failed', version, id],
    ]);
  });

  it('that takes nothing for days is disabled, which others are told, and goes on from there once it is enabled', async () => {
    const dead = await receive(Array<Trouble>(1_000).fill(500));
    const other = await receive();
    const { id } = await admin.createWebhook({ url: dead.url, events: ['review.requested'] });
    await admin.createWebhook({ url: other.url, events: ['webhook.disabled'] });
    const { register } = await createWorkshop(admin, 'dead');
    await register();
    await until(async () => (await admin.listWebhooks())[0]?.failing !== null);
    await database.query(`UPDATE webhook SET failing_since = now() - interval '6 days' WHERE id = $1`, [id]);
    await until(() => other.taken.length === 1);
    expect(other.taken[0]?.message.data).toMatchObject({
      id,
      reason: 'nothing got through for 5 days: it answered 500',
    });
    const [told] = await admin.listWebhooks();
    expect(told).toMatchObject({ id, waiting: 1, disabled: { reason: expect.stringContaining('5 days') } });
    const [delivery] = await admin.listDeliveries(id);
    expect((await failure(admin.resendDelivery(id, delivery?.event ?? 0))).code).toBe('refused');
    await sleep(100);
    const tries = dead.tried.length;
    await sleep(300);
    expect(dead.tried.length).toBe(tries);
    dead.troubles.length = 0;
    expect((await admin.enableWebhook(id)).disabled).toBeNull();
    await until(() => dead.taken.length === 1);
  });

  it('that answers 410 is asked no more', async () => {
    const gone = await receive([410]);
    await admin.createWebhook({ url: gone.url });
    const { register } = await createWorkshop(admin, 'gone');
    await register();
    await until(async () => (await admin.listWebhooks())[0]?.disabled !== null);
    expect((await admin.listWebhooks())[0]?.disabled?.reason).toBe('it answered 410');
  });

  it('has a message again under the id that it had', async () => {
    const receiver = await receive();
    const { id } = await admin.createWebhook({ url: receiver.url });
    const { register } = await createWorkshop(admin, 'again');
    await register();
    await until(async () => (await admin.listDeliveries(id))[0]?.state === 'delivered');
    const [delivery] = await admin.listDeliveries(id);
    const before = receiver.tried.length;
    await admin.resendDelivery(id, delivery?.event ?? 0);
    await until(() => receiver.tried.length > before);
    expect(new Set(receiver.tried.map(idOf))).toEqual(new Set([delivery?.messageId]));
    await until(async () => (await admin.listDeliveries(id))[0]?.state === 'delivered');
    expect((await failure(admin.resendDelivery(id, 999_999))).code).toBe('not_found');
  });

  it('can be tried at once, and says what became of it', async () => {
    const receiver = await receive([undefined as never, 500]);
    const { id, secret } = await admin.createWebhook({ url: receiver.url });
    expect(await admin.testWebhook(id)).toMatchObject({ ok: true, status: 204, error: null });
    expect(receiver.tried.map((received) => [received.message.type, isSigned(received, secret)])).toEqual([
      ['webhook.test', true],
    ]);
    expect(await admin.testWebhook(id)).toMatchObject({ ok: false, status: 500, error: 'it answered 500' });
  });

  it('is one for a URL, for admins, and never at an address that is out of bounds', async () => {
    const { url } = await receive();
    await admin.createWebhook({ url });
    expect((await failure(admin.createWebhook({ url }))).code).toBe('conflict');
    const addressed = (to: string) => failure(admin.createWebhook({ url: to }));
    expect((await addressed('https://169.254.169.254/latest')).code).toBe('refused');
    expect((await addressed('http://hooks.example.org/')).code).toBe('refused');
    expect((await failure(registry.as('deployer').listWebhooks())).code).toBe('forbidden');
    const unknown: NoticeKind = 'everything' as NoticeKind;
    expect((await failure(admin.createWebhook({ url: `${url}2`, events: [unknown] }))).code).toBe('invalid_request');
  });
});
