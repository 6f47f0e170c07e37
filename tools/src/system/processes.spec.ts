import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { identifyProcess, isRunning, processGroupOf, sleep, spawnDetached, stopProcess } from './processes.js';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'graft-processes-'))));
afterAll(() => rm(folder, { recursive: true }));

const start = (script: string): ReturnType<typeof spawnDetached> =>
  spawnDetached({
    command: '/bin/sh',
    args: ['-c', script],
    env: { PATH: process.env['PATH'] ?? '', WORD: 'hello' },
    cwd: folder,
    logFile: join(folder, 'log'),
  });

describe('a process', () => {
  it('is known by its pid and its start time', () => {
    const self = identifyProcess(process.pid);
    expect(self).toMatchObject({ pid: process.pid });
    expect(self !== null && isRunning(self)).toBe(true);
    expect(isRunning({ pid: process.pid, startTime: '1' })).toBe(false);
  });

  it('that is a zombie counts as gone', async () => {
    // A shell that never waits for its child leaves a zombie, whose pid it tells.
    const parent = spawn('/bin/sh', ['-c', '(exit 0) & echo $!; exec sleep 5'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const pid = Number(await new Promise((resolve) => parent.stdout.once('data', (text) => resolve(String(text)))));
    await sleep(200);
    expect(identifyProcess(pid)).toBeNull();
    parent.kill('SIGKILL');
  });

  it('that is detached has the environment that it was given and writes to its log', async () => {
    const id = await start('echo "$WORD from $HOME."; exec sleep 30');
    await sleep(200);
    expect(await readFile(join(folder, 'log'), 'utf8')).toBe('hello from .\n');
    expect(await stopProcess(id)).toBe('stopped');
  });

  it('that ignores SIGTERM is killed, and its children with it', async () => {
    const id = await start('trap "" TERM; sleep 60 & sleep 60');
    await sleep(200);
    expect(processGroupOf(id.pid)).toHaveLength(3);
    expect(await stopProcess(id, { graceMs: 200 })).toBe('killed');
    expect(processGroupOf(id.pid)).toEqual([]);
  });

  it('that ended long ago is not signalled', async () => {
    expect(await stopProcess({ pid: process.pid, startTime: '1' })).toBe('absent');
  });

  it('that can not be run is a missing prerequisite', async () => {
    const command = { command: join(folder, 'nothing'), args: [], env: {}, cwd: folder, logFile: join(folder, 'log') };
    await expect(spawnDetached(command)).rejects.toMatchObject({ code: 'missing_prerequisite' });
  });
});
