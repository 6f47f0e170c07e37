import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inRepository } from '../repository.js';
import { withLock } from './file-lock.js';
import { sleep } from './processes.js';
import { runCommand } from './run-command.js';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'graft-lock-'))));
afterAll(() => rm(folder, { recursive: true }));

/** Adds one to a file twenty times, each time reading, waiting and writing back: without a lock, additions are lost. */
const CONTENDER = `
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
const [built, lock, counter] = process.argv.slice(2);
const { withLock } = await import(built);
for (let i = 0; i < 20; i += 1) await withLock(lock, async () => {
  const n = Number(readFileSync(counter, 'utf8'));
  await sleep(2);
  writeFileSync(counter, String(n + 1));
});
`;

describe('a lock', () => {
  it('is held by one of several processes at a time', async () => {
    const outdir = 'dist/tools/lock-spec';
    const bundle = `import { bundle } from ${JSON.stringify(inRepository('tools/build/bundle.mjs'))};
await bundle({ entries: ['tools/src/system/file-lock.ts'], outdir: '${outdir}' });`;
    await runCommand(process.execPath, ['--input-type=module', '-e', bundle], { env: { PATH: process.env['PATH'] } });
    const script = join(folder, 'contender.mjs');
    const [lock, counter] = [join(folder, 'counter.lock'), join(folder, 'counter')];
    await writeFile(script, CONTENDER);
    await writeFile(counter, '0');
    const args = [script, inRepository(outdir, 'file-lock.js'), lock, counter];
    await Promise.all([1, 2, 3].map(() => runCommand(process.execPath, args, { env: { PATH: process.env['PATH'] } })));
    expect(await runCommand('cat', [counter])).toBe('60');
  });

  it('is held by one of several callers in a process at a time, and let go after a failure', async () => {
    const lock = join(folder, 'own.lock');
    let inside = 0;
    const enter = (fail: boolean): Promise<number> =>
      withLock(lock, async () => {
        inside += 1;
        await sleep(5);
        const seen = inside;
        inside -= 1;
        if (fail) throw new Error('on purpose');
        return seen;
      });
    const outcomes = await Promise.allSettled([enter(false), enter(true), enter(false), enter(false)]);
    expect(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : 'failed'))).toEqual([
      1,
      'failed',
      1,
      1,
    ]);
    expect(existsSync(lock)).toBe(false);
  });

  it.each([
    ['of a process that died', JSON.stringify({ pid: 2 ** 22 - 1, startTime: '5' })],
    ['of a process whose pid has another now', JSON.stringify({ pid: process.pid, startTime: '1' })],
    ['that names nobody', ''],
  ])('%s is taken over', async (_name, contents) => {
    const lock = join(folder, 'stale.lock');
    await writeFile(lock, contents);
    await expect(withLock(lock, async () => 'mine', { timeoutMs: 5000 })).resolves.toBe('mine');
  });
});
