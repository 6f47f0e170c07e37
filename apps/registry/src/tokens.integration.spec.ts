/** Access tokens: made by admins, told once, gone at once. */
import { createLogger } from '@graft/platform';
import { createRegistryClient, type Registry } from '@graft/registry-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startRegistry } from './start-registry.js';
import { createWorkshop } from './testing/entities.js';
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

const by = (token: string, actor?: string): Registry =>
  createRegistryClient({ url: registry.url(), token, ...(actor === undefined ? {} : { actor }) });
const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString();
const refused = async (text: string): Promise<string> => {
  try {
    await sql.query(text);
  } catch (thrown) {
    return (thrown as Error).message;
  }
  return 'done';
};

describe('a token', () => {
  it('gives the rights of its role under its own name, whoever its holder says to be', async () => {
    const { token, ...made } = await admin.createToken({ name: 'eve', role: 'reviewer' });
    expect(token).toMatch(/^graft_[\w-]{43}$/);
    expect(made).toMatchObject({ kind: 'issued', state: 'live', createdBy: 'admin', lastUsedOn: null, revoked: null });
    const shop = await createWorkshop(admin, 'token-rights');
    await shop.register();
    await shop.approve(1, by(token, 'mallory'));
    expect((await admin.getReview(shop.model, 1)).approvals).toMatchObject([{ by: 'eve' }]);
    await expect(by(token).rollback(shop.model, { reason: 'no' })).rejects.toMatchObject({ code: 'forbidden' });
    const keys = await admin.createToken({ name: 'second admin', role: 'admin' });
    const { reason: _reason, by: frozenBy } = await by(keys.token, 'mallory').freeze({ reason: 'a try' });
    expect(frozenBy).toBe('second admin');
    await admin.unfreeze({ reason: 'over' });
  });

  it('is told once, and nowhere kept', async () => {
    const { token } = await admin.createToken({ name: 'secretive', role: 'viewer' });
    await by(token).listModels();
    expect(JSON.stringify(await admin.listTokens())).not.toContain(token);
    const { rows } = await sql.query<{ row: string }>('SELECT access_token::text AS row FROM access_token');
    for (const { row } of rows) expect(row).not.toContain(token.slice(6));
  });

  it('is listed with role, maker, and the day that it was last used', async () => {
    const { token } = await admin.createToken({ name: 'listed', role: 'trainer', expiresAt: inSeconds(3_600) });
    const listed = async () => (await admin.listTokens()).find(({ name }) => name === 'listed');
    expect(await listed()).toMatchObject({ role: 'trainer', createdBy: 'admin', lastUsedOn: null, state: 'live' });
    await by(token).listModels();
    expect((await listed())?.lastUsedOn).toMatch(/^\d{4}-\d\d-\d\d$/);
  });

  it('that is revoked is refused from the next call on, with the reason, and the refusal is kept under its name', async () => {
    const { token } = await admin.createToken({ name: 'leaver', role: 'deployer' });
    await by(token).listModels();
    const revoked = await registry.as('admin', { actor: 'zoe' }).revokeToken('leaver');
    expect(revoked).toMatchObject({ state: 'revoked', revoked: { by: 'zoe' } });
    await expect(by(token).listModels()).rejects.toMatchObject({
      code: 'unauthenticated',
      message: expect.stringMatching(/"leaver" was revoked at/),
    });
    expect(await admin.revokeToken('leaver')).toEqual(revoked);
    expect((await admin.listRefusals()).filter((one) => one.token === 'leaver')).toMatchObject([
      { status: 401, operation: 'listModels', role: 'deployer' },
    ]);
    const again = await admin.createToken({ name: 'leaver', role: 'viewer' });
    await by(again.token).listModels();
    await expect(by(token).listModels()).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('that is revoked hears nothing more on a stream that it had opened', async () => {
    const { token } = await admin.createToken({ name: 'listener', role: 'viewer' });
    const heard: string[] = [];
    const listening = (async () => {
      for await (const { subject } of by(token).events({ signal: AbortSignal.timeout(60_000), after: 0 })) {
        heard.push(subject);
      }
    })();
    const { version } = await (await createWorkshop(admin, 'before-revoking')).register();
    while (!heard.includes(`before-revoking/${version}`)) await new Promise((resolve) => setTimeout(resolve, 20));
    await admin.revokeToken('listener');
    await createWorkshop(admin, 'after-revoking');
    // The client asks for another stream, and is told why it gets none.
    await expect(listening).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(heard).not.toContain('after-revoking');
  });

  it('ends when it expires, and its name is free then', async () => {
    await expect(admin.createToken({ name: 'late', role: 'viewer', expiresAt: inSeconds(-5) })).rejects.toMatchObject({
      code: 'invalid_request',
    });
    const { token } = await admin.createToken({ name: 'short', role: 'viewer', expiresAt: inSeconds(2) });
    await by(token).listModels();
    await expect(admin.createToken({ name: 'Short', role: 'viewer' })).rejects.toMatchObject({ code: 'conflict' });
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    await expect(by(token).listModels()).rejects.toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining('expired at'),
    });
    expect(await admin.createToken({ name: 'short', role: 'viewer' })).toMatchObject({ state: 'live' });
  });

  it('of the stack itself is neither revoked nor taken the name of', async () => {
    for (const name of ['admin', 'service', 'serving', 'second-reviewer']) {
      await expect(admin.revokeToken(name)).rejects.toMatchObject({
        code: 'refused',
        message: expect.stringContaining('GRAFT_SERVICE_TOKEN'),
      });
    }
    for (const name of ['Service', 'pipeline']) {
      await expect(admin.createToken({ name, role: 'viewer' })).rejects.toMatchObject({ code: 'refused' });
    }
    expect(
      await refused(`UPDATE access_token SET revoked_at = now(), revoked_by = 'x' WHERE name = 'service'`),
    ).toMatch(/access_token_stack_stays/);
  });

  it('is made, listed and revoked by admins alone', async () => {
    for (const name of ['viewer', 'deployer', 'service']) {
      const client = registry.as(name);
      for (const call of [
        () => client.createToken({ name: 'mine', role: 'admin' }),
        () => client.listTokens(),
        () => client.revokeToken('eve'),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'forbidden' });
      }
    }
    await expect(admin.revokeToken('nobody')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('keeps its role and its end in the database: nothing but revoking changes it, and nothing brings it back', async () => {
    await admin.createToken({ name: 'stone', role: 'viewer' });
    for (const change of [
      `role = 'admin'`,
      `hash = sha256('x')`,
      `expires_at = now() + interval '1 day'`,
      `kind = 'stack'`,
    ]) {
      expect(await refused(`UPDATE access_token SET ${change} WHERE name = 'stone'`)).toMatch(/is refused/);
    }
    await admin.revokeToken('stone');
    expect(await refused(`UPDATE access_token SET revoked_at = NULL, revoked_by = NULL WHERE name = 'stone'`)).toMatch(
      /is refused/,
    );
    expect(await refused(`DELETE FROM access_token`)).toMatch(/is refused/);
  });
});

describe('who a caller says to be', () => {
  it('is believed of the stack’s admin token on loopback', async () => {
    const zoe = registry.as('admin', { actor: 'Zoë' });
    expect(await zoe.freeze({ environment: 'lab', reason: 'hers' })).toMatchObject({ by: 'Zoë' });
    expect(await registry.as('deployer', { actor: 'Zoë' }).freeze({ environment: 'annex', reason: 'x' })).toMatchObject(
      {
        by: 'deployer',
      },
    );
  });

  it('counts for nothing where the registry listens on any other address', async () => {
    const open = await startRegistry({
      databaseUrl: registry.databaseUrl,
      host: '0.0.0.0',
      port: 0,
      tokens: [{ name: 'admin', role: 'admin', token: 'token-of-admin' }],
      logger: createLogger({ service: 'registry', level: 'silent' }),
    });
    try {
      const url = `http://127.0.0.1:${open.port}`;
      const client = createRegistryClient({ url, token: 'token-of-admin', actor: 'Zoë' });
      expect(await client.freeze({ environment: 'outside', reason: 'y' })).toMatchObject({ by: 'admin' });
    } finally {
      await open.close();
    }
  });
});
