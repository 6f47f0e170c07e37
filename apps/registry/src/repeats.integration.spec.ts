/** What is asked again: a GET with the tag of its last answer, a POST under its Idempotency-Key. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createWorkshop } from './testing/entities.js';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

let registry: TestRegistry;
let sql: pg.Client;

beforeAll(async () => {
  registry = await startTestRegistry();
  sql = new pg.Client({ connectionString: registry.databaseUrl });
  await sql.connect();
});
afterAll(async () => {
  await sql.end();
  await registry.stop();
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}
const ask = async (
  path: string,
  { token = 'token-of-admin', body, ...headers }: { token?: string; body?: unknown; [header: string]: unknown } = {},
): Promise<Answer> => {
  const response = await fetch(registry.url() + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      ...(headers as Record<string, string>),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
};

describe('a resource', () => {
  it('has a tag that stays as long as it does', async () => {
    const admin = registry.as('admin');
    await admin.putDataset('tagged', {});
    const first = await ask('/v1/datasets/tagged');
    const tag = first.headers.get('etag') ?? '';
    expect(tag).toMatch(/^"[\w-]{43}"$/);
    for (const named of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const same = await ask('/v1/datasets/tagged', { 'if-none-match': named });
      expect(same).toMatchObject({ status: 304, text: '' });
      expect(same.headers.get('etag')).toBe(tag);
    }
    await admin.putDataset('tagged', { quietSeconds: 77 });
    const changed = await ask('/v1/datasets/tagged', { 'if-none-match': tag });
    expect(changed.status).toBe(200);
    expect(changed.headers.get('etag')).not.toBe(tag);
    expect((await ask('/v1/datasets/none', { 'if-none-match': '*' })).status).toBe(404);
  });
});

describe('a POST under an Idempotency-Key', () => {
  const correction = { reason: 'r', actions: [{ action: 'remove', images: ['k'] }] };
  const correct = (dataset: string, key: string, more: object = {}): Promise<Answer> =>
    ask(`/v1/datasets/${dataset}/corrections`, { body: correction, 'idempotency-key': key, ...more });
  const made = async (dataset: string): Promise<number> => (await registry.as('admin').getDataset(dataset)).corrections;
  const fresh = async (name: string): Promise<string> => {
    await createWorkshop(registry.as('admin'), name);
    return `${name}-images`;
  };

  it('acts once, and is answered alike', async () => {
    const dataset = await fresh('once');
    const key = randomUUID();
    const first = await correct(dataset, `"${key}"`);
    expect(first.status).toBe(200);
    for (const form of [`"${key}"`, key]) {
      const again = await correct(dataset, form);
      expect(again).toMatchObject({ status: 200, text: first.text });
      expect(again.headers.get('idempotent-replayed')).toBe('true');
    }
    expect(await made(dataset)).toBe(1);
    await correct(dataset, randomUUID());
    expect(await made(dataset)).toBe(2);
  });

  it('acts once when many come at the same time, and tells the others to wait', async () => {
    const dataset = await fresh('crowd');
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 12 }, () => correct(dataset, key)));
    expect(await made(dataset)).toBe(1);
    for (const { status, headers } of answers) {
      expect([200, 409]).toContain(status);
      if (status === 409) expect(headers.get('retry-after')).toBe('1');
    }
    expect((await correct(dataset, key)).status).toBe(200);
  });

  it('is refused where the key stood for another request, and is each principal’s own', async () => {
    const dataset = await fresh('other');
    const key = randomUUID();
    await correct(dataset, key);
    expect((await correct(dataset, key, { body: { ...correction, reason: 'another' } })).status).toBe(422);
    expect((await correct(dataset, key, { token: 'token-of-trainer' })).status).toBe(200);
    expect(await made(dataset)).toBe(2);
  });

  it('is told its refusals again, and may be tried anew where the registry failed or took no part', async () => {
    const key = randomUUID();
    const missing = await correct('nowhere', key);
    expect(missing.status).toBe(404);
    expect(await correct('nowhere', key)).toMatchObject({ status: 404, text: missing.text });
    const dataset = await fresh('right');
    const other = randomUUID();
    expect((await correct(dataset, other, { token: 'token-of-viewer' })).status).toBe(403);
    expect((await correct(dataset, other, { body: {} })).status).toBe(400);
    expect((await correct(dataset, other)).status).toBe(200);
    for (const wrong of ['"', 'a b', 'x'.repeat(256)]) expect((await correct(dataset, wrong)).status).toBe(400);
  });

  it('that was cut off acts again where nothing was committed, and never where something was', async () => {
    const dataset = await fresh('cut');
    const key = randomUUID();
    await correct(dataset, key);
    await sql.query('UPDATE idempotency_key SET status = NULL, answer = NULL WHERE key = $1', [key]);
    const answering = await correct(dataset, key);
    expect(answering.status).toBe(409);
    expect(answering.headers.get('retry-after')).toBe('1');
    const cutOff = `UPDATE idempotency_key SET locked_until = now() - interval '1 second' WHERE key = $1`;
    await sql.query(cutOff, [key]);
    const lost = await correct(dataset, key);
    expect(lost.status).toBe(409);
    expect(lost.text).toContain('is done');
    const uncommitted = `UPDATE idempotency_key SET committed = false, locked_until = now() + interval '1 minute' WHERE key = $1`;
    await sql.query(uncommitted, [key]);
    expect((await correct(dataset, key)).headers.get('retry-after')).toBe('1');
    await sql.query(cutOff, [key]);
    expect((await correct(dataset, key)).status).toBe(200);
    expect(await made(dataset)).toBe(2);
  });

  it('keeps no secret: what is told once is told once', async () => {
    const key = randomUUID();
    const body = { name: 'once-told', role: 'viewer' };
    const first = await ask('/v1/tokens', { body, 'idempotency-key': key });
    const { token } = JSON.parse(first.text) as { token: string };
    const again = await ask('/v1/tokens', { body, 'idempotency-key': key });
    expect(again.status).toBe(409);
    const { rows } = await sql.query<{ row: string }>('SELECT idempotency_key::text AS row FROM idempotency_key');
    for (const { row } of rows) expect(row).not.toContain(token.slice(6));
  });

  it('stands for its request for a day', async () => {
    const dataset = await fresh('old');
    const key = randomUUID();
    await correct(dataset, key);
    await sql.query(`UPDATE idempotency_key SET created_at = now() - interval '25 hours' WHERE key = $1`, [key]);
    expect((await correct(dataset, key)).headers.get('idempotent-replayed')).toBeNull();
    expect(await made(dataset)).toBe(2);
  });
});
