import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeSafetensors } from '../checkpoint/safetensors.js';
import { sendFile, startFakeServer, type FakeServer } from '../testing/fake-server.js';
import { call, dict, global, text, zipFile } from '../testing/pickle-writer.js';
import { loadCheckpoint } from './load-checkpoint.js';

let cacheDir: string;
let server: FakeServer;
let bytes: Uint8Array;
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'graft-weights-'));
  server = await startFakeServer((request, response) => sendFile(request, response, bytes));
});
afterEach(async () => {
  await server.close();
  await rm(cacheDir, { recursive: true, force: true });
});

const kept = (): Promise<string[]> => readdir(join(cacheDir, 'weights')).catch(() => []);
const reference = (): string => `${server.url}/w#sha256=${createHash('sha256').update(bytes).digest('hex')}`;

describe('a checkpoint', () => {
  it('comes with its digest, from the network once and then from the cache', async () => {
    bytes = writeSafetensors(new Map([['w', { shape: [1], dtype: 'F32', data: Float32Array.of(7) }]]));
    const first = await loadCheckpoint(reference(), { cacheDir });
    expect(first.checkpoint.get('w')?.data).toEqual(Float32Array.of(7));
    expect(await loadCheckpoint(reference(), { cacheDir })).toEqual(first);
    expect(server.requests).toHaveLength(1);
  });

  it('that does harm is refused, and nothing of it is kept', async () => {
    bytes = zipFile(dict([[text('w'), call(global('os', 'system'), text('id'))]]));
    await expect(loadCheckpoint(reference(), { cacheDir })).rejects.toMatchObject({ code: 'checkpoint_unfit' });
    expect(await kept()).toEqual([]);
    const path = join(cacheDir, 'w.pth');
    await writeFile(path, bytes);
    await expect(loadCheckpoint(path, { cacheDir })).rejects.toMatchObject({ code: 'checkpoint_unfit' });
  });
});
