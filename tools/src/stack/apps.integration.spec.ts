/** A whole stack, apps included, as `graft up` starts it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { inRepository } from '../repository.js';
import { runCommand } from '../system/run-command.js';
import { killApp, startApp, stopApp } from './app-process.js';
import { scaleServing } from './scale-serving.js';
import { destroyStack, stackDown } from './stack-down.js';
import { stackEnvironment } from './stack-environment.js';
import { stackFolder } from './stack-folder.js';
import { findStackProcesses } from './stack-processes.js';
import { stackStatus } from './stack-status.js';
import type { PartStatus } from './stack-status.js';
import { stackUp } from './stack-up.js';

// On a machine that has nothing yet, MinIO's build.
jest.setTimeout(15 * 60_000);

const NAME = 'spec-apps';
const part = async (name: string): Promise<PartStatus | undefined> =>
  (await stackStatus(NAME)).parts.find((found) => found.name === name);

describe('a stack with its apps', () => {
  let base: string;
  const before = process.env['XDG_STATE_HOME'];

  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'graft-apps-'));
    process.env['XDG_STATE_HOME'] = base;
    await runCommand(process.execPath, [inRepository('tools/build.mjs')], {
      env: { PATH: process.env['PATH'], HOME: base },
    });
    await stackUp({ name: NAME });
  });
  afterAll(async () => {
    await destroyStack(NAME);
    await rm(base, { recursive: true, force: true });
    if (before === undefined) delete process.env['XDG_STATE_HOME'];
    else process.env['XDG_STATE_HOME'] = before;
  });

  it('runs whole, and answers a client that has only its variables', async () => {
    expect((await stackStatus(NAME)).parts.map(({ name, state }) => `${name} ${state}`)).toEqual(
      ['postgres', 'minio', 'temporal', 'registry', 'orchestrator', 'trainer', 'serving'].map(
        (name) => `${name} running`,
      ),
    );
    const environment = await stackEnvironment(NAME);
    const response = await fetch(`${environment['GRAFT_SERVING_URL']}/v2/health/live`);
    expect(response.status).toBe(200);
  });

  it('gets a killed app back, and leaves the others alone', async () => {
    const others = [(await part('registry'))?.pid, (await part('orchestrator'))?.pid];
    const killed = (await part('trainer'))?.pid;
    await killApp(NAME, 'trainer');
    expect((await part('trainer'))?.state).toBe('stopped');
    expect(findStackProcesses(stackFolder(NAME), 'trainer')).toEqual([]);
    await stackUp({ name: NAME });
    expect((await part('trainer'))?.state).toBe('running');
    expect((await part('trainer'))?.pid).not.toBe(killed);
    expect([(await part('registry'))?.pid, (await part('orchestrator'))?.pid]).toEqual(others);
  });

  it('has a second replica of serving when it is asked for one', async () => {
    await startApp(NAME, 'serving-2');
    const [first, second] = [await part('serving'), await part('serving-2')];
    expect(second?.state).toBe('running');
    expect(second?.address).not.toBe(first?.address);
    await stopApp(NAME, 'serving-2');
    expect((await part('serving'))?.state).toBe('running');
    await expect(startApp(NAME, 'oven')).rejects.toMatchObject({ code: 'usage' });
  });

  it('has several replicas behind one port when it is asked for them, and keeps their number', async () => {
    const { GRAFT_SERVING_URL: url } = await stackEnvironment(NAME);
    const states = async (): Promise<string[]> => {
      const response = await fetch(`${url}/v1/replicas`);
      return ((await response.json()) as { replicas: { state: string }[] }).replicas.map(({ state }) => state);
    };
    expect(await scaleServing(NAME, 'serving', 2)).toBe(2);
    expect(await states()).toHaveLength(2);
    const front = await part('serving');
    expect(front).toMatchObject({ state: 'running', address: url });

    await scaleServing(NAME, 'serving', 3);
    expect(await states()).toHaveLength(3);
    expect((await part('serving'))?.pid).toBe(front?.pid);

    await killApp(NAME, 'serving');
    await stackUp({ name: NAME });
    expect(await states()).toHaveLength(3);
    expect((await part('serving'))?.pid).not.toBe(front?.pid);

    expect(await scaleServing(NAME, 'serving', 1)).toBe(1);
    expect(await scaleServing(NAME, 'serving')).toBe(1);
    await stackUp({ name: NAME });
    await expect(scaleServing(NAME, 'serving', 17)).rejects.toMatchObject({ code: 'usage' });
    await expect(scaleServing(NAME, 'trainer', 2)).rejects.toMatchObject({ code: 'usage' });
  });

  it('ends whole', async () => {
    expect(await stackDown({ name: NAME })).toBeGreaterThanOrEqual(7);
    expect(findStackProcesses(stackFolder(NAME))).toEqual([]);
  });
});
