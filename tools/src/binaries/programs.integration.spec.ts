/** The real things, from the cache or, the first time, from where they come from. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { graftPaths } from '@graft/platform';
import { spawnDetached, stopProcess } from '../system/processes.js';
import { isPortOpen, pickPort } from '../system/ports.js';
import { waitUntilHealthy } from '../system/wait-until-healthy.js';
import { ensureEmojiArt } from './emoji-art.js';
import { MINIO } from './minio.js';
import { resolveBinary } from './resolve-binary.js';
import { TEMPORAL, TEMPORAL_TEST_SERVER } from './temporal.js';

jest.setTimeout(15 * 60_000);
const { cacheDir } = graftPaths();
let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'graft-programs-'))));
afterAll(() => rm(folder, { recursive: true }));

describe('the programs', () => {
  it.each([MINIO, TEMPORAL])('$program is the pinned version', async (spec) => {
    const { version } = await resolveBinary(spec, { cacheDir });
    expect(version).toContain(spec.version);
  });

  it('the time-skipping server opens its port', async () => {
    const { path } = await resolveBinary(TEMPORAL_TEST_SERVER, { cacheDir });
    const port = await pickPort();
    const logFile = join(folder, 'test-server.log');
    const process_ = await spawnDetached({ command: path, args: [String(port)], env: {}, cwd: folder, logFile });
    const check = async (): Promise<void> => {
      if (!(await isPortOpen(port))) throw new Error('the port is closed');
    };
    await waitUntilHealthy({ name: 'test server', process: process_, logFile, check, timeoutMs: 60_000 });
    await stopProcess(process_);
  });
});

describe('the emoji art', () => {
  it('has 1,127 pictures of each vendor, of the same emoji, in six categories', async () => {
    const { google, twitter } = await ensureEmojiArt({ cacheDir });
    expect([google.length, twitter.length]).toEqual([1127, 1127]);
    expect(new Set(google.map(({ label }) => label)).size).toBe(6);
    expect(new Set(google.map(({ code }) => code)).size).toBe(1127);
    const codes = new Set(google.map(({ code }) => code));
    expect(twitter.filter(({ code }) => codes.has(code)).length).toBeGreaterThan(1100);
  });
});
