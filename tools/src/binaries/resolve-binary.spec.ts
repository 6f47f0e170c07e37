import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { resolveBinary } from './resolve-binary.js';
import type { BinarySource, BinarySpec } from './resolve-binary.js';

let base: string;
beforeEach(async () => (base = await mkdtemp(join(tmpdir(), 'graft-binary-'))));
afterEach(() => rm(base, { recursive: true }));

/** A program that says its version. */
const writeProgram = async (path: string, version: string): Promise<void> => {
  await writeFile(path, `#!/bin/sh\necho tool version ${version}\n`);
  await chmod(path, 0o755);
};

const source = (name: string, fetch: BinarySource['fetch']): BinarySource => ({ name, fetch });
const good = source('the good source', ({ path }) => writeProgram(path, '2.0'));

const spec = (sources: readonly BinarySource[]): BinarySpec => ({
  program: 'tool',
  version: '2.0',
  variable: 'TOOL_BINARY',
  versionArgs: ['--version'],
  accepts: (said) => said.includes('version 2.'),
  sources,
});

const resolve = (
  sources: readonly BinarySource[],
  env: Record<string, string> = {},
): ReturnType<typeof resolveBinary> =>
  resolveBinary(spec(sources), { cacheDir: join(base, 'cache'), env: { PATH: join(base, 'bin'), ...env } });

describe('a program', () => {
  it('comes from the variable before anything else', async () => {
    const named = join(base, 'mine');
    await writeProgram(named, '9.9');
    expect(await resolve([good], { TOOL_BINARY: named })).toEqual({
      program: 'tool',
      path: named,
      from: 'environment',
      version: 'tool version 9.9',
    });
    await expect(resolve([good], { TOOL_BINARY: join(base, 'nothing') })).rejects.toThrow('TOOL_BINARY names');
  });

  it('comes from PATH when its version will do', async () => {
    await mkdir(join(base, 'bin'));
    await writeProgram(join(base, 'bin/tool'), '2.7');
    expect(await resolve([good])).toMatchObject({ from: 'PATH', version: 'tool version 2.7' });
    await writeProgram(join(base, 'bin/tool'), '1.0');
    expect(await resolve([good])).toMatchObject({ from: 'cache', version: '2.0' });
  });

  it('comes from the next source when one fails or brings another version', async () => {
    const away = source('away', async () => {
      throw new Error('no answer');
    });
    const old = source('old', ({ path }) => writeProgram(path, '1.0'));
    expect(await resolve([away, old, good])).toMatchObject({ from: 'cache' });
    expect(await resolve([away])).toMatchObject({ from: 'cache' });
  });

  it('that is nowhere to be had is a missing prerequisite, with what each source said', async () => {
    const away = source('the only source', async () => {
      throw new Error('no answer');
    });
    await expect(resolve([away])).rejects.toMatchObject({
      code: 'missing_prerequisite',
      message: expect.stringMatching(/TOOL_BINARY[^]*the only source: no answer/),
    });
  });
});
