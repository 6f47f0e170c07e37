/** The launcher in a small repository of its own, whose build and whose command only write down that they ran. */
import { spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findOnPath } from './binaries/resolve-binary.js';
import { inRepository } from './repository.js';

let root: string;
let bin: string;

const write = async (path: string, text: string, mode = 0o644): Promise<void> => {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
  await chmod(join(root, path), mode);
};

const log = (): Promise<string> => readFile(join(root, 'log'), 'utf8').catch(() => '');

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const launch = (args: readonly string[] = [], shell = 'sh', path = bin): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const child = spawn(findOnPath(shell) ?? shell, [join(root, 'graft'), ...args], {
      env: { PATH: path, HOME: root },
      cwd: tmpdir(),
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text) => (stdout += String(text)));
    child.stderr.on('data', (text) => (stderr += String(text)));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });

const UTILITIES = ['sh', 'cat', 'mkdir', 'rm', 'mv', 'dirname', 'readlink', 'find', 'cksum', 'date', 'sleep', 'env'];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-launcher-'));
  bin = join(root, 'bin');
  await mkdir(bin);
  for (const name of UTILITIES) await symlink(findOnPath(name) ?? '', join(bin, name));
  await symlink(process.execPath, join(bin, 'node'));
  await write('bin/python3', '#!/bin/sh\n[ "$2" = pip ]\n', 0o755);
  await write('bin/npm', `#!/bin/sh\necho "npm $1" >>'${root}/log'\nmkdir -p node_modules\n`, 0o755);
  await copyFile(inRepository('graft'), join(root, 'graft'));
  await mkdir(join(root, 'tools/build'), { recursive: true });
  await copyFile(inRepository('tools/build/is-installed.mjs'), join(root, 'tools/build/is-installed.mjs'));
  const command = 'process.stdout.write(JSON.stringify(process.argv.slice(2)))';
  await write(
    'tools/build.mjs',
    `import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
appendFileSync('${root}/log', 'build\\n');
await new Promise((done) => setTimeout(done, 300));
mkdirSync('${root}/dist/apps/cli', { recursive: true });
writeFileSync('${root}/dist/apps/cli/main.js', ${JSON.stringify(command)});`,
  );
  await write('package.json', '{ "name": "graft", "type": "module" }');
  await write('package-lock.json', '{ "packages": { "node_modules/a": { "version": "1.0.0" } } }');
  await write('apps/cli/src/main.ts', '');
  await write('libs/x/src/index.ts', '');
});

afterEach(() => rm(root, { recursive: true }));

describe('the launcher', () => {
  it.each(['sh', 'bash', 'dash'].filter((shell) => findOnPath(shell) !== null))(
    'installs, builds and runs the first time, and only runs the second, in %s',
    async (shell) => {
      expect(await launch(['up', '--name', 'two words'], shell)).toMatchObject({
        code: 0,
        stdout: '["up","--name","two words"]',
      });
      expect(await log()).toBe('npm ci\nbuild\n');
      expect(await launch([], shell)).toEqual({ code: 0, stdout: '[]', stderr: '' });
      expect(await log()).toBe('npm ci\nbuild\n');
    },
  );

  it('builds again when a source is newer, came, or went', async () => {
    await launch();
    const later = new Date(Date.now() + 5000);
    await utimes(join(root, 'libs/x/src/index.ts'), later, later);
    await launch();
    expect(await log()).toBe('npm ci\nbuild\nbuild\n');
    await utimes(join(root, 'libs/x/src/index.ts'), new Date(0), new Date(0));
    await write('libs/x/src/old.ts', '');
    await utimes(join(root, 'libs/x/src/old.ts'), new Date(0), new Date(0));
    await launch();
    expect(await log()).toBe('npm ci\nbuild\nbuild\nbuild\n');
    await rm(join(root, 'libs/x/src/old.ts'));
    await launch();
    expect((await log()).match(/build/g)).toHaveLength(4);
  });

  it('installs again when the lock file names something else than what is installed', async () => {
    await launch();
    await write('package-lock.json', '{ "packages": { "node_modules/a": { "version": "2.0.0" } } }');
    await launch();
    expect((await log()).match(/npm ci/g)).toHaveLength(2);
    // As `npm install` leaves it: nothing to do.
    await write('package-lock.json', '{ "packages": { "node_modules/a": { "version": "3.0.0" } } }');
    await write('node_modules/.package-lock.json', '{ "packages": { "node_modules/a": { "version": "3.0.0" } } }');
    await launch();
    expect((await log()).match(/npm ci/g)).toHaveLength(2);
  });

  it('installs and builds once when several start at once', async () => {
    const outcomes = await Promise.all([1, 2, 3, 4].map((n) => launch([String(n)])));
    expect(outcomes.map(({ code, stdout }) => [code, stdout])).toEqual([1, 2, 3, 4].map((n) => [0, `["${n}"]`]));
    expect(await log()).toBe('npm ci\nbuild\n');
  });

  it('takes over the lock of a launcher that was killed', async () => {
    await write('dist/.launcher/lock/pid', '4194303');
    expect(await launch()).toMatchObject({ code: 0 });
  });

  it('works through a symbolic link', async () => {
    await symlink('../graft', join(bin, 'graft'));
    const child = await new Promise<Outcome>((resolve) => {
      const started = spawn(join(bin, 'graft'), ['x'], { env: { PATH: bin, HOME: root } });
      let stdout = '';
      started.stdout.on('data', (text) => (stdout += String(text)));
      started.once('close', (code) => resolve({ code, stdout, stderr: '' }));
    });
    expect(child).toMatchObject({ code: 0, stdout: '["x"]' });
  });

  it.each([
    ['node', /Node\.js 20 or newer is needed/],
    ['python3', /Python 3 with pip is needed/],
    ['npm', /npm is needed/],
  ])('names a missing %s and how to get it, with exit code 5', async (name, said) => {
    await rm(join(bin, name));
    const outcome = await launch();
    expect(outcome).toMatchObject({ code: 5, stdout: '' });
    expect(outcome.stderr).toMatch(said);
    expect(outcome.stderr).toMatch(/apt-get install|https:/);
  });

  it('names a Node that is too old, and a Python without pip', async () => {
    await rm(join(bin, 'node'));
    await write('bin/node', '#!/bin/sh\necho v18.19.0\n', 0o755);
    expect((await launch()).stderr).toContain('"node" on PATH is v18.19.0');
    await rm(join(bin, 'node'));
    await symlink(process.execPath, join(bin, 'node'));
    await write('bin/python3', '#!/bin/sh\nexit 1\n', 0o755);
    expect(await launch()).toMatchObject({ code: 5, stderr: expect.stringContaining('has no pip') });
  });

  it('says that a build failed, does not run the command, and builds anew the next time', async () => {
    await launch();
    await write('tools/build.mjs', 'process.exit(1)');
    const later = new Date(Date.now() + 5000);
    await utimes(join(root, 'tools/build.mjs'), later, later);
    expect(await launch()).toMatchObject({ code: 1, stdout: '' });
    expect(await launch()).toMatchObject({ code: 1, stdout: '' });
  });
});
