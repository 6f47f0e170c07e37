/** Sessions of people in a browser: their own name, no more rights than they have, and an end. */
import { createRegistryClient, type Registry } from '@graft/registry-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
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

const by = (token: string): Registry => createRegistryClient({ url: registry.url(), token, retries: 0 });

describe('a session', () => {
  it('speaks for who made it, as the ledger names them', async () => {
    const { token, ...session } = await registry.as('admin', { actor: 'zoë' }).createSession();
    expect(token).toMatch(/^graft_session_[\w-]{43}$/);
    expect(session).toMatchObject({ name: 'zoë', role: 'admin' });
    expect(Date.parse(session.expiresAt) - Date.now()).toBeGreaterThan(11 * 3_600_000);
    // Its name is settled: it can't say that it is another.
    const mallory = createRegistryClient({ url: registry.url(), token, actor: 'mallory' });
    expect((await mallory.freeze({ reason: 'a try' })).by).toBe('zoë');
    await mallory.unfreeze({ reason: 'over' });
  });

  it('may have fewer rights than its maker, and no more', async () => {
    const reviewer = registry.as('reviewer');
    const { token } = await reviewer.createSession({ role: 'viewer' });
    expect(await by(token).getCaller()).toMatchObject({ name: 'reviewer', role: 'viewer' });
    await expect(by(token).listTokens()).rejects.toMatchObject({ code: 'forbidden' });
    for (const role of ['deployer', 'admin'] as const) {
      await expect(reviewer.createSession({ role })).rejects.toMatchObject({
        code: 'forbidden',
        message: expect.stringContaining(`${role} could do what reviewer may not`),
      });
    }
    await expect(registry.as('admin').createSession({ role: 'service' })).rejects.toMatchObject({ code: 'refused' });
    await expect(registry.as('service').createSession()).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('makes nothing that would outlive it', async () => {
    const { token } = await registry.as('admin').createSession();
    await expect(by(token).createSession()).rejects.toMatchObject({ code: 'forbidden' });
    await expect(by(token).createToken({ name: 'for ever', role: 'admin' })).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('not for sessions'),
    });
    expect((await by(token).getCaller()).operations).not.toContain('createToken');
    expect((await registry.as('admin').getCaller()).operations).toContain('createToken');
  });

  it('ends when its holder signs out, and the token goes on', async () => {
    const viewer = registry.as('viewer');
    const { token } = await viewer.createSession();
    await by(token).endSession();
    await expect(by(token).listModels()).rejects.toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining('sign in again'),
    });
    await viewer.endSession();
    expect(await viewer.listModels()).toEqual([]);
  });

  it('ends with the token that it was made by', async () => {
    const made = await registry.as('admin').createToken({ name: 'max', role: 'reviewer' });
    const { token } = await by(made.token).createSession();
    await registry.as('admin').revokeToken('max');
    await expect(by(token).listModels()).rejects.toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining('the session of "max" has ended with the token that it was made by'),
    });
  });

  it('ends by itself', async () => {
    const { token } = await registry.as('viewer').createSession({ hours: 0.0002 });
    await expect(by(token).getCaller()).resolves.toMatchObject({ name: 'viewer' });
    await new Promise((resolve) => setTimeout(resolve, 900));
    await expect(by(token).getCaller()).rejects.toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining('has ended, as sessions do'),
    });
  });

  it('closes the stream of events that it opened, when it is over', async () => {
    const { token } = await registry.as('viewer').createSession();
    const stream = by(token)
      .events({ signal: AbortSignal.timeout(60_000) })
      [Symbol.asyncIterator]();
    const next = stream.next();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await by(token).endSession();
    await registry.as('admin').putDataset('a-change', {});
    await expect(next).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('is told once, and kept as a hash', async () => {
    const { token } = await registry.as('viewer').createSession();
    const { rows } = await sql.query<{ row: string }>('SELECT session::text AS row FROM session');
    expect(rows.length).toBeGreaterThan(0);
    for (const { row } of rows) expect(row).not.toContain(token.slice('graft_session_'.length));
  });
});
