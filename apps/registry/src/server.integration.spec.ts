/** What the port's contract does not tell: rights, bad requests, the SQL rules, a database that goes away, the process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, problemSchema, type Problem } from '@graft/contracts';
import { createRegistryClient, verifyLedger, type Registry } from '@graft/registry-client';
import { inRepository, pickPort, runPrisma } from '@graft/tools';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { z } from 'zod';
import { ACCESS } from './rules/roles.js';
import { createWorkshop, pipelineYaml } from './testing/entities.js';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

let registry: TestRegistry;
let admin: Registry;
let sql: pg.Client;

beforeAll(async () => {
  registry = await startTestRegistry();
  admin = registry.as('admin');
  sql = new pg.Client({ connectionString: registry.databaseUrl });
  sql.on('error', () => undefined);
  await sql.connect();
});
afterAll(async () => {
  await sql.end();
  await registry.stop();
});

const request = async (
  path: string,
  options: { method?: string; token?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<{ status: number; type: string | null; body: unknown }> => {
  const { method = 'GET', token = 'token-of-admin', body, headers } = options;
  const response = await fetch(registry.url() + path, {
    method,
    headers: {
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, type: response.headers.get('content-type'), body: await response.json() };
};
const problemOf = async (...args: Parameters<typeof request>): Promise<Problem> => {
  const { body, type, status } = await request(...args);
  expect(type).toMatch(/^application\/problem\+json/);
  const problem = problemSchema.parse(body);
  expect(problem.status).toBe(status);
  return problem;
};

describe('rights', () => {
  it('nobody without a token, or with a strange one, gets anything', async () => {
    for (const token of ['', 'nonsense', 'token-of-nobody']) {
      expect(await problemOf('/v1/models', { token })).toMatchObject({ status: 401, code: 'unauthenticated' });
    }
    expect(await problemOf('/v1/models', { token: '', headers: { authorization: 'Basic abc' } })).toMatchObject({
      status: 401,
    });
  });

  it('every operation is open to the roles of the table, and to no other', async () => {
    const described = z
      .object({
        paths: z.record(
          z.string(),
          z.record(z.string(), z.object({ operationId: z.string().optional(), description: z.string().optional() })),
        ),
      })
      .parse((await request('/openapi.json', { token: '' })).body);
    const operations = Object.entries(described.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { operationId }]) =>
        operationId === undefined ? [] : [{ path, method: method.toUpperCase(), operationId }],
      ),
    );
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(ACCESS).sort());
    const undescribed = Object.entries(described.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { description }]) => (description ? [] : [`${method} ${path}`])),
    );
    expect(undescribed).toEqual([]);
    for (const { path, method, operationId } of operations) {
      if (operationId === 'streamEvents') continue;
      for (const role of ['viewer', 'trainer', 'reviewer', 'deployer', 'service', 'serving'] as const) {
        const url = path.replaceAll(/\{[^}]+\}/g, '1');
        const { status } = await request(url, {
          method,
          token: `token-of-${role}`,
          ...(method === 'GET' || method === 'DELETE' ? {} : { body: {} }),
        });
        const isAllowed = (ACCESS[operationId as keyof typeof ACCESS] as readonly string[]).includes(role);
        expect({ operationId, role, isForbidden: status === 403 }).toEqual({
          operationId,
          role,
          isForbidden: !isAllowed,
        });
      }
    }
  });

  it('a process that makes models can not approve them, nor can a replica', async () => {
    const shop = await createWorkshop(admin, 'rights');
    await shop.register();
    for (const role of ['service', 'serving', 'viewer', 'deployer']) {
      await expect(shop.approve(1, registry.as(role))).rejects.toMatchObject({ code: 'forbidden' });
    }
    expect((await admin.getModelVersion('rights', 1)).state).toBe('candidate');
  });
});

describe('bad requests', () => {
  it('with a text that nothing can keep are refused by the name of the field, wherever it is', async () => {
    const watch = { state: 'idle', message: 'a\0b', objects: 0, dueAt: null, lacking: [] };
    const [inBody, inParams, inQuery] = [
      await problemOf('/v1/datasets/roses/watch', { method: 'PUT', body: watch }),
      await problemOf('/v1/models/a%00b'),
      await problemOf('/v1/runs?cursor=a%00b'),
    ];
    expect(inBody).toMatchObject({ status: 400, detail: expect.stringContaining('body.message: ') });
    expect(inParams).toMatchObject({ status: 400, detail: expect.stringContaining('params.model: ') });
    expect(inQuery).toMatchObject({ status: 400, detail: expect.stringContaining('querystring.cursor: ') });
    const half = await problemOf('/v1/freezes', { method: 'POST', body: { reason: 'half a pair: \ud800' } });
    expect(half).toMatchObject({ status: 400, detail: expect.stringContaining('body.reason: ') });
  });

  it('with a number larger than any that is kept are refused', async () => {
    const huge = Number.MAX_SAFE_INTEGER;
    await admin.putDataset('large-numbers', {});
    const ingestion = { id: 'i', dataset: 'large-numbers', objects: huge, corrections: 0 };
    for (const problem of [
      await problemOf(`/v1/models/roses/versions/${huge}`),
      await problemOf(`/v1/pipelines/roses/versions/${huge}`),
      await problemOf('/v1/ingestions', { method: 'POST', body: ingestion }),
    ])
      expect(problem).toMatchObject({ status: 400, detail: expect.stringContaining('out of range') });
  });

  it('are refused with the fields that were wrong', async () => {
    const problem = await problemOf('/v1/datasets/roses', {
      method: 'PUT',
      body: { quietSeconds: -1, testShare: 'x' },
    });
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(problem.errors?.map(({ field }) => field).sort()).toEqual(['body.quietSeconds', 'body.testShare']);
    const unknown = await problemOf('/v1/datasets/roses', { method: 'PUT', body: { quiteSeconds: 1 } });
    expect(unknown.errors?.[0]?.message).toContain('quiteSeconds');
    expect((await problemOf('/v1/datasets/Bad%20Name', { method: 'PUT', body: {} })).errors?.[0]?.field).toBe(
      'params.name',
    );
    expect((await problemOf('/v1/runs?limit=many')).errors?.[0]?.field).toBe('querystring.limit');
  });

  it('that are not JSON, too large, or lead nowhere say so', async () => {
    expect(await problemOf('/v1/runs', { method: 'POST', body: '{' })).toMatchObject({ code: 'invalid_request' });
    const huge = { yaml: 'x'.repeat(5 * 1024 * 1024) };
    expect(await problemOf('/v1/pipelines', { method: 'POST', body: huge })).toMatchObject({ status: 413 });
    expect(await problemOf('/v1/nothing')).toMatchObject({ status: 404, code: 'not_found' });
    expect(await problemOf('/v1/runs/not-a-uuid')).toMatchObject({ status: 404 });
    expect(
      await problemOf('/v1/events', { headers: { accept: 'text/event-stream', 'last-event-id': 'x' } }),
    ).toMatchObject({ status: 400 });
  });
});

describe('operations', () => {
  it('health, metrics and the description need no token', async () => {
    expect(await request('/health/live', { token: '' })).toMatchObject({ status: 200, body: { status: 'live' } });
    expect(await request('/health/ready', { token: '' })).toMatchObject({ status: 200, body: { status: 'ready' } });
    const metrics = await fetch(`${registry.url()}/metrics`);
    expect(await metrics.text()).toMatch(/graft_http_request_duration_seconds_count\{.*route="\/v1\/models"/);
    const { body } = await request('/openapi.json', { token: '' });
    expect(body).toMatchObject({
      openapi: '3.1.0',
      components: { schemas: { ModelVersion: {}, LedgerEntry: {}, Problem: {}, Deployment: {} } },
    });
  });
});

describe('what the database itself refuses', () => {
  const refused = async (text: string): Promise<string> => {
    try {
      await sql.query(text);
    } catch (thrown) {
      return (thrown as Error).message;
    }
    return 'done';
  };

  it('the ledger and the decisions are only appended to; versions do not change', async () => {
    const shop = await createWorkshop(admin, 'stone');
    await shop.ship();
    for (const change of [
      `UPDATE ledger SET body = body WHERE model = 'stone'`,
      `UPDATE ledger SET model = 'other' WHERE model = 'stone'`,
      `DELETE FROM ledger WHERE model = 'stone'`,
      `TRUNCATE ledger CASCADE`,
      `UPDATE review_decision SET reason = 'other'`,
      `UPDATE review_decision SET model = 'other'`,
      `UPDATE version_entry SET source = 'elsewhere' WHERE model = 'stone'`,
      `DELETE FROM version_entry`,
      `DELETE FROM model`,
      `DELETE FROM review_decision`,
      `UPDATE dataset_version SET document = '{}'`,
      `DELETE FROM model_version`,
      `UPDATE model_version SET document = '{}' WHERE model = 'stone'`,
      `UPDATE model_version SET report_digest = 'x' WHERE model = 'stone'`,
      `UPDATE pipeline_version SET yaml = 'x'`,
      `UPDATE pipeline_embedder SET embedder = 'x'`,
      `DELETE FROM pipeline_embedder`,
    ]) {
      expect(await refused(change)).toMatch(/is refused/);
    }
    expect(await refused(`UPDATE epoch SET value = 1`)).toMatch(/only rises/);
    expect(await admin.listLedger('stone')).toHaveLength(1);
  });

  it('a ledger row that skips a generation, or says one thing and its columns another', async () => {
    const shop = await createWorkshop(admin, 'gapless');
    await shop.ship();
    const insert = (generation: number, body: object): Promise<string> =>
      refused(
        `INSERT INTO ledger (model, environment, generation, epoch, action, version, body)
         VALUES ('gapless', 'production', ${generation}, 1, 'promote', 1, '${JSON.stringify(body)}')`,
      );
    const body = { model: 'gapless', environment: 'production', epoch: 1, action: 'promote', version: 1 };
    expect(await insert(3, { ...body, generation: 3 })).toMatch(/generation moved/);
    expect(await insert(1, { ...body, generation: 1 })).toMatch(/generation moved/);
    expect(await insert(2, { ...body, generation: 2, version: 7 })).toMatch(/must say what its columns say/);
  });

  it('the hash chain tells a changed row, even one changed by the owner of the table', async () => {
    const shop = await createWorkshop(admin, 'tampered');
    await shop.ship();
    await shop.ship();
    await shop.ship();
    verifyLedger(await admin.listLedger('tampered'));
    await sql.query('BEGIN; ALTER TABLE ledger DISABLE TRIGGER ledger_immutable');
    await sql.query(
      `UPDATE ledger SET body = replace(body, 'version 2 is better', 'nothing happened') WHERE model = 'tampered' AND generation = 2`,
    );
    await sql.query('ALTER TABLE ledger ENABLE TRIGGER ledger_immutable; COMMIT');
    const tampered = await admin.listLedger('tampered');
    expect(() => verifyLedger(tampered)).toThrow(/generation 2 of tampered in production has another hash/);
  });

  it('an epoch that was raised reaches the next row and every replica', async () => {
    const shop = await createWorkshop(admin, 'epochs');
    await shop.ship();
    await sql.query('UPDATE epoch SET value = value + 1');
    await shop.ship();
    expect((await admin.listLedger('epochs')).map(({ epoch, generation }) => [epoch, generation])).toEqual([
      [2, 2],
      [1, 1],
    ]);
    verifyLedger(await admin.listLedger('epochs'));
  });

  it('tokens are kept as hashes alone', async () => {
    const { rows } = await sql.query<{ row: string }>('SELECT access_token::text AS row FROM access_token');
    expect(rows).toHaveLength(8);
    for (const { row } of rows) expect(row).not.toContain('token-of-');
  });
});

describe('a database that cuts its connections', () => {
  it('costs no event, and the registry goes on', async () => {
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { subject } of admin.events({ signal: AbortSignal.timeout(60_000), after: 0 })) {
        seen.push(subject);
        if (subject === 'after-the-cut') break;
      }
    })();
    await admin.applyPipeline(pipelineYaml('before-the-cut'));
    await sql.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'graft-registry%'`,
    );
    // A request that is handed a connection on its way out is told to come again, and no more than that.
    for (let isDone = false; !isDone;) {
      try {
        await admin.applyPipeline(pipelineYaml('after-the-cut'));
        isDone = true;
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'unavailable' });
      }
    }
    await admin.ready();
    await reading;
    expect(seen.slice(-2)).toEqual(['before-the-cut', 'after-the-cut']);
  });
});

describe('the process', () => {
  const start = (env: Record<string, string>): { child: ChildProcess; log: () => string } => {
    let text = '';
    const child = spawn(process.execPath, [inRepository('dist/apps/registry/main.js')], {
      env: { PATH: process.env['PATH'] ?? '', GRAFT_DATABASE_URL: registry.databaseUrl, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    return { child, log: () => text };
  };

  beforeAll(async () => {
    const build = spawn(process.execPath, [inRepository('tools/build.mjs')], { cwd: inRepository(), stdio: 'ignore' });
    expect(await once(build, 'exit')).toEqual([0, null]);
  });

  it('does not listen beyond loopback without tokens, and says what is missing', async () => {
    const { child, log } = start({ GRAFT_HOST: '0.0.0.0', GRAFT_REGISTRY_PORT: '0' });
    expect(await once(child, 'exit')).toEqual([5, null]);
    expect(log()).toContain('GRAFT_ADMIN_TOKEN');
    const nameless = start({ GRAFT_DATABASE_URL: '' });
    expect(await once(nameless.child, 'exit')).toEqual([5, null]);
    expect(nameless.log()).toContain('GRAFT_DATABASE_URL is not set');
  });

  it('takes its tokens from the environment, serves, and ends in order on SIGTERM while somebody listens', async () => {
    const port = await pickPort();
    const { child, log } = start({
      GRAFT_REGISTRY_PORT: String(port),
      GRAFT_ADMIN_TOKEN: 'the-token-of-the-process',
    });
    const url = `http://127.0.0.1:${port}`;
    const client = createRegistryClient({ url, token: 'the-token-of-the-process', actor: 'zoe', retries: 6 });
    await client.ready();
    await client.listModels();
    const end = new AbortController();
    const reading = (async () => {
      const events = client.events({ signal: end.signal, after: 0 })[Symbol.asyncIterator]();
      for (;;) if ((await events.next()).done) return;
    })();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const exit = once(child, 'exit');
    const asked = performance.now();
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    expect(performance.now() - asked).toBeLessThan(5_000);
    end.abort();
    await reading;
    expect(log()).not.toContain('the-token-of-the-process');
    const gone = createRegistryClient({ url, token: 'x', retries: 0 });
    await expect(gone.ready()).rejects.toBeInstanceOf(AppError);
    await expect(gone.ready()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/ECONNREFUSED.*graft up/),
    });
  });
});

describe('the migrations', () => {
  it('make what the schema says', async () => {
    const schema = inRepository('apps/registry/prisma/schema.prisma');
    const migrations = inRepository('apps/registry/prisma/migrations');
    const difference = await runPrisma(
      ['migrate', 'diff', '--from-migrations', migrations, '--to-schema', schema, '--script'],
      { databaseUrl: registry.databaseUrl },
    );
    expect(difference).toContain('This is an empty migration');
  });

  it('take what was deployed before there were variants as fp32, and leave its time alone', async () => {
    const folder = inRepository('apps/registry/prisma/migrations');
    const names = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
    const at = names.findIndex((name) => name.endsWith('_variants'));
    const textOf = (name: string): string => readFileSync(join(folder, name, 'migration.sql'), 'utf8');
    await sql.query('CREATE DATABASE earlier');
    const url = new URL(registry.databaseUrl);
    url.pathname = '/earlier';
    const earlier = new pg.Client({ connectionString: url.href });
    await earlier.connect();
    try {
      for (const name of names.slice(0, at)) await earlier.query(textOf(name));
      // Heads without what they refer to: that is not what is looked at.
      await earlier.query(`SET session_replication_role = replica;
        INSERT INTO deployment (model, environment, epoch, generation, version, previous_version, at) VALUES
          ('first', 'production', 1, 1, 1, NULL, '2026-01-01T00:00:00Z'),
          ('third', 'production', 1, 3, 3, 2, '2026-01-01T00:00:00Z');
        SET session_replication_role = DEFAULT`);
      for (const name of names.slice(at, at + 2)) await earlier.query(textOf(name));
      const { rows } = await earlier.query(
        'SELECT model, variant, previous_variant, at FROM deployment ORDER BY model',
      );
      const time = new Date('2026-01-01T00:00:00Z');
      expect(rows).toEqual([
        { model: 'first', variant: 'fp32', previous_variant: null, at: time },
        { model: 'third', variant: 'fp32', previous_variant: 'fp32', at: time },
      ]);
    } finally {
      await earlier.end();
      await sql.query('DROP DATABASE earlier');
    }
  });
});
