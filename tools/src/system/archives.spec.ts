import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pack } from 'tar-stream';
import { runCommand } from './run-command.js';
import { untar } from './untar.js';
import { unzip } from './unzip.js';

let base: string;
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), 'graft-archives-'))));
afterAll(() => rm(base, { recursive: true }));

const makeTar = async (names: readonly string[]): Promise<string> => {
  const archive = join(base, `${names.length}-${names[0]?.length}.tgz`);
  const tar = pack();
  for (const name of names) tar.entry({ name, mode: name.endsWith('.sh') ? 0o755 : 0o644 }, name);
  tar.entry({ name: 'link', type: 'symlink', linkname: '/etc/passwd' });
  tar.finalize();
  await pipeline(tar, createGzip(), createWriteStream(archive));
  return archive;
};

const makeZip = async (names: readonly string[]): Promise<string> => {
  const archive = join(base, `${names[0]?.replaceAll(/\W/g, '')}.zip`);
  const script = `import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as z:
    for name in sys.argv[2:]:
        info = zipfile.ZipInfo(name)
        info.external_attr = (0o755 if name.endswith('.sh') else 0o644) << 16
        z.writestr(info, name)`;
  await runCommand('python3', ['-c', script, archive, ...names]);
  return archive;
};

describe.each([
  ['tar', makeTar, untar],
  ['zip', makeZip, unzip],
] as const)('an archive (%s)', (kind, make, extract) => {
  it('gives the files that are asked for, with their executable bits, and no links', async () => {
    const folder = join(base, `${kind}-out`);
    const archive = await make(['package/a.txt', 'package/b/run.sh', 'package/c.txt']);
    const place = (name: string): string | null =>
      name === 'package/c.txt' || name === 'link' ? null : name.slice('package/'.length);
    expect(await extract({ archive, folder, place })).toBe(2);
    expect((await readdir(folder)).sort()).toEqual(['a.txt', 'b']);
    expect(await readFile(join(folder, 'a.txt'), 'utf8')).toBe('package/a.txt');
    expect((await stat(join(folder, 'b/run.sh'))).mode & 0o111).not.toBe(0);
    expect((await stat(join(folder, 'a.txt'))).mode & 0o111).toBe(0);
  });

  it('writes nothing outside its folder', async () => {
    const archive = await make(['../escaped.txt']);
    const folder = join(base, `${kind}-in`);
    await expect(extract({ archive, folder, place: (name) => name })).rejects.toThrow();
    expect(await readdir(base)).not.toContain('escaped.txt');
  });
});
