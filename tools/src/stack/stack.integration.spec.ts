/** The servers of a stack, really started, in a state folder of their own. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createMinioStore } from '@graft/artifacts';
import { graftPaths } from '@graft/platform';
import pg from 'pg';
import { resolveBinary } from '../binaries/resolve-binary.js';
import { TEMPORAL } from '../binaries/temporal.js';
import { identifyProcess, parentOf, signalProcess, waitForEnd } from '../system/processes.js';
import { runCommand } from '../system/run-command.js';
import { stackServers } from './stack-environment.js';
import { stackFolder } from './stack-folder.js';
import { findStackProcesses } from './stack-processes.js';
import { destroyStack, stackDown } from './stack-down.js';
import { requireStack, resolveStack, stackStatus } from './stack-status.js';
import { stackUp } from './stack-up.js';

// MinIO's build, the first time on a machine.
jest.setTimeout(15 * 60_000);

const NAME = 'spec';
const stateFile = (): string => join(stackFolder(NAME), 'state.json');
const up = (): ReturnType<typeof stackUp> => stackUp({ name: NAME, apps: [] });
const pids = async (): Promise<(number | null)[]> => (await stackStatus(NAME)).parts.map(({ pid }) => pid);

const query = async (sql: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: (await stackServers(NAME)).databaseUrl });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
};

const landing = async (): Promise<ReturnType<typeof createMinioStore>> =>
  createMinioStore({ ...(await stackServers(NAME)).s3, bucket: 'landing' });

const temporal = async (...args: string[]): Promise<string> => {
  const { path } = await resolveBinary(TEMPORAL, { cacheDir: graftPaths().cacheDir });
  return runCommand(path, [...args, '--address', (await stackServers(NAME)).temporalAddress], { timeoutMs: 60_000 });
};

const killAll = async (): Promise<void> => {
  const all = findStackProcesses(stackFolder(NAME));
  for (const id of all) signalProcess(id, 'SIGKILL');
  await Promise.all(all.map((id) => waitForEnd(id, 5000)));
};

/** What the tests leave in each server, to be found again. */
const expectData = async (): Promise<void> => {
  expect(await query('SELECT n FROM kept')).toEqual([{ n: 7 }]);
  const stored = await (await landing()).get('cats/a.txt');
  expect(new TextDecoder().decode(stored?.bytes)).toBe('kept');
  expect(await temporal('operator', 'namespace', 'describe', 'kept')).toContain('kept');
};

describe('a stack of servers', () => {
  let base: string;
  const before = { state: process.env['XDG_STATE_HOME'], stack: process.env['GRAFT_STACK'] };

  beforeAll(async () => {
    // Made with mode 0700: as root, PostgreSQL's user can't get in, and its data goes elsewhere.
    base = await mkdtemp(join(tmpdir(), 'graft-stack-'));
    process.env['XDG_STATE_HOME'] = base;
    delete process.env['GRAFT_STACK'];
    await up();
    await query('CREATE TABLE kept AS SELECT 7 AS n');
    await (await landing()).put('cats/a.txt', Buffer.from('kept'));
    await temporal('operator', 'namespace', 'create', 'kept');
  });

  afterAll(async () => {
    await destroyStack(NAME);
    await rm(base, { recursive: true, force: true });
    if (before.state === undefined) delete process.env['XDG_STATE_HOME'];
    else process.env['XDG_STATE_HOME'] = before.state;
    if (before.stack !== undefined) process.env['GRAFT_STACK'] = before.stack;
  });

  it('answers on all three', async () => {
    await expectData();
    const states = (await stackStatus(NAME)).parts.filter(({ kind }) => kind === 'server').map(({ state }) => state);
    expect(states).toEqual(['running', 'running', 'running']);
  });

  it('is the stack that a command means when no other runs', async () => {
    await expect(resolveStack()).resolves.toBe(NAME);
    await expect(resolveStack({ explicit: 'nowhere' })).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('./graft up --stack nowhere'),
    });
  });

  it('keeps its keys to its owner', async () => {
    const { mode } = await stat(join(stackFolder(NAME), 'credentials.json'));
    expect(mode & 0o777).toBe(0o600);
    expect(await readFile(stateFile(), 'utf8')).not.toContain((await stackServers(NAME)).s3.secretKey);
  });

  it('leaves what runs alone when it is brought up again', async () => {
    const running = await pids();
    await up();
    expect(await pids()).toEqual(running);
  });

  it('comes back with its data after kill -9 of everything', async () => {
    const ports = (await stackServers(NAME)).s3.endpoint;
    await killAll();
    expect((await stackStatus(NAME)).running).toBe(false);
    await expect(resolveStack()).rejects.toMatchObject({ code: 'unavailable' });
    await up();
    await expectData();
    expect((await stackServers(NAME)).s3.endpoint).toBe(ports);
  });

  it('survives a half-written state: what still runs is found and started anew', async () => {
    const text = await readFile(stateFile(), 'utf8');
    await writeFile(stateFile(), text.slice(0, text.length / 2));
    await up();
    await expectData();
    expect(existsSync(`${stateFile()}.unreadable`)).toBe(true);
    const servers = (await stackStatus(NAME)).parts.filter(({ state }) => state === 'running');
    expect(servers).toHaveLength(3);
    const postgres = findStackProcesses(stackFolder(NAME)).filter(({ program }) => program.endsWith('bin/postgres'));
    const masters = postgres.filter(({ pid }) => !postgres.some((other) => other.pid === parentOf(pid)));
    expect(masters).toHaveLength(1);
  });

  it('never signals a process that got the pid of a dead one', async () => {
    const state = JSON.parse(await readFile(stateFile(), 'utf8')) as { servers: Record<string, { process: object }> };
    await killAll();
    const minio = state.servers['minio'];
    if (minio !== undefined) minio.process = { pid: process.pid, startTime: '1' };
    await writeFile(stateFile(), JSON.stringify(state));
    expect((await stackStatus(NAME)).parts.find(({ name }) => name === 'minio')?.state).toBe('stopped');
    await stackDown({ name: NAME });
    expect(identifyProcess(process.pid)).not.toBeNull();
    await up();
    await expectData();
  });

  it('does not mistake another program for a PostgreSQL that crashed', async () => {
    const { postgresDataDir } = JSON.parse(await readFile(stateFile(), 'utf8')) as { postgresDataDir: string };
    await stackDown({ name: NAME });
    await writeFile(join(postgresDataDir, 'postmaster.pid'), `${process.pid}\n${postgresDataDir}\n`);
    await up();
    await expectData();
  });

  it('says which parts had to move because another program took their ports, and remembers where to', async () => {
    const before = (await stackServers(NAME)).s3.endpoint;
    await stackDown({ name: NAME });
    const port = Number(new URL(before).port);
    const squatter = createServer().listen(port, '127.0.0.1');
    await once(squatter, 'listening');
    const said: string[] = [];
    try {
      await stackUp({ name: NAME, apps: [], onProgress: (line) => said.push(line) });
    } finally {
      squatter.close();
    }
    const after = (await stackServers(NAME)).s3.endpoint;
    expect(after).not.toBe(before);
    const moves = said.filter((line) => line.includes('parts moved'));
    expect(moves).toHaveLength(1);
    expect(moves[0]).toContain(`minio ${port} → ${new URL(after).port}; `);
    expect(moves[0]).toContain(`./graft env --stack ${NAME}`);
    await expectData();
  });

  it('lists its two buckets and no folder of the server', async () => {
    const dataDir = join(stackFolder(NAME), 'data/minio');
    expect((await readdir(dataDir)).filter((name) => !name.startsWith('.')).sort()).toEqual(['artifacts', 'landing']);
  });

  it('tells a name that no stack has from a stack that is stopped', () => {
    expect(() => requireStack('nowhere')).toThrow(/no stack "nowhere": \.\/graft up --stack nowhere/);
    expect(() => requireStack(NAME)).not.toThrow();
    expect(() => requireStack('default')).not.toThrow();
  });

  it('two commands at once start it once', async () => {
    await stackDown({ name: NAME });
    await Promise.all([up(), up()]);
    expect(
      findStackProcesses(stackFolder(NAME)).filter(({ program }) => /minio$|temporal$/.test(program)),
    ).toHaveLength(2);
    await expectData();
  });

  it('ends whole, says how much it ended, and keeps its data', async () => {
    expect(await stackDown({ name: NAME })).toBeGreaterThanOrEqual(3);
    expect(findStackProcesses(stackFolder(NAME))).toEqual([]);
    expect(await stackDown({ name: NAME })).toBe(0);
    await up();
    await expectData();
  });

  it('is gone once it is destroyed', async () => {
    const { postgresDataDir } = JSON.parse(await readFile(stateFile(), 'utf8')) as { postgresDataDir: string };
    const folder = stackFolder(NAME);
    await destroyStack(NAME);
    expect(existsSync(folder)).toBe(false);
    expect(existsSync(postgresDataDir)).toBe(false);
    expect(findStackProcesses(folder)).toEqual([]);
  });
});
