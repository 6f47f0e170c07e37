/** Who was refused what: kept, counted by minute, bounded, and told to admins alone. */
import type { Refusal } from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

let registry: TestRegistry;
let admin: Registry;
let sql: pg.Client;

beforeAll(async () => {
  registry = await startTestRegistry();
  admin = registry.as('admin');
  sql = new pg.Client({ connectionString: registry.databaseUrl });
  await sql.connect();
});
afterAll(async () => {
  await sql.end();
  await registry.stop();
});

const ask = async (path: string, token: string, method = 'GET'): Promise<number> => {
  const response = await fetch(registry.url() + path, { method, headers: { authorization: `Bearer ${token}` } });
  await response.arrayBuffer();
  return response.status;
};
/** Of one operation; a minute may end within a test. */
const refusalsOf = async (operation: string): Promise<Refusal[]> =>
  (await admin.listRefusals()).filter((one) => one.operation === operation);
const total = (refusals: readonly Refusal[]): number => refusals.reduce((sum, { count }) => sum + count, 0);

describe('a call that is refused', () => {
  it('is kept with who tried what from where, and never with the token', async () => {
    for (let i = 0; i < 3; i += 1) expect(await ask('/v1/promotions/1/commit', 'token-of-viewer', 'POST')).toBe(403);
    expect(await ask('/v1/promotions/1/commit', 'a-secret-of-somebody', 'POST')).toBe(401);
    const refusals = await refusalsOf('commitPromotion');
    const known = refusals.filter(({ status }) => status === 403);
    expect(total(known)).toBe(3);
    expect(known.length).toBeLessThanOrEqual(2);
    expect(known[0]).toMatchObject({ token: 'viewer', role: 'viewer', address: expect.stringContaining('127.0.0.1') });
    expect(Date.parse(known[0]?.firstAt ?? '')).toBeLessThanOrEqual(Date.parse(known[0]?.lastAt ?? ''));
    expect(refusals.filter(({ status }) => status === 401)).toMatchObject([{ token: null, role: null, count: 1 }]);
    const { rows } = await sql.query<{ row: string }>('SELECT refusal::text AS row FROM refusal');
    for (const { row } of rows) expect(row).not.toMatch(/token-of-|secret/);
  });

  it('is kept where MLflow’s API refuses, and where a service does', async () => {
    expect(await ask('/api/2.0/mlflow/registered-models/delete', 'token-of-viewer', 'DELETE')).toBe(403);
    expect(await refusalsOf('mlflowDeleteModel')).toMatchObject([{ status: 403, token: 'viewer' }]);
  });

  it('is no more than counted when there are thousands of it', async () => {
    const before = total(await refusalsOf('listDatasets'));
    // As many at once as the registry has connections: more may be told on a busy machine that it is, which is no refusal.
    for (let i = 0; i < 50; i += 1) {
      const told = await Promise.all(Array.from({ length: 20 }, (_, one) => ask('/v1/datasets', `guess-${i}-${one}`)));
      expect(new Set(told)).toEqual(new Set([401]));
    }
    const refusals = await refusalsOf('listDatasets');
    expect(total(refusals) - before).toBe(1_000);
    expect(refusals.length).toBeLessThanOrEqual(3);
  });

  it('outlives the registry', async () => {
    await ask('/v1/replicas', 'nobody');
    await registry.restart();
    expect(total(await refusalsOf('listReplicas'))).toBe(1);
  });

  it('is told to admins alone', async () => {
    for (const name of ['viewer', 'reviewer', 'service']) {
      await expect(registry.as(name).listRefusals()).rejects.toMatchObject({ code: 'forbidden' });
    }
  });
});

describe('what is kept of refusals', () => {
  const insert = (token: string, count: number): Promise<unknown> =>
    sql.query(
      `INSERT INTO refusal (minute, status, operation, token, address, count)
       SELECT now() - make_interval(mins => i), 401, 'filled', $1, 'here', 1 FROM generate_series(1, $2) i`,
      [token, count],
    );
  const kept = async (token: string): Promise<number> => {
    const { rows } = await sql.query<{ n: string }>(
      `SELECT count(*) AS n FROM refusal WHERE (token = '') = ($1 = '')`,
      [token],
    );
    return Number(rows[0]?.n);
  };

  it('is bounded, and strangers push out nothing of those whose token is known', async () => {
    await insert('eve', 100);
    const known = await kept('eve');
    await insert('', 12_000);
    expect(await kept('')).toBe(5_000);
    expect(await kept('eve')).toBe(known);
    await insert('bob', 6_000);
    expect(await kept('bob')).toBe(5_000);
  });

  it('comes in pages, newest first', async () => {
    const page = async (query: string): Promise<{ items: Refusal[]; next: string | null }> => {
      const response = await fetch(`${registry.url()}/v1/refusals?${query}`, {
        headers: { authorization: 'Bearer token-of-admin' },
      });
      return (await response.json()) as { items: Refusal[]; next: string | null };
    };
    const first = await page('limit=3');
    expect(first.items).toHaveLength(3);
    const second = await page(`limit=2&cursor=${first.next}`);
    expect([...first.items, ...second.items]).toEqual((await page('limit=5')).items);
    expect(await page('limit=2&cursor=bm8')).toMatchObject({ status: 400, code: 'invalid_request' });
  });
});
