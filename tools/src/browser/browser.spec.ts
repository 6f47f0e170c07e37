import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findBrowser } from './browser.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-browser-'));
  await writeFile(join(folder, 'google-chrome'), '#!/bin/sh\n');
  await chmod(join(folder, 'google-chrome'), 0o755);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('findBrowser', () => {
  it('takes the one that is named', async () => {
    expect(await findBrowser({ GRAFT_BROWSER: '/opt/browser', PATH: folder })).toBe('/opt/browser');
  });

  it('takes one on PATH', async () => {
    expect(await findBrowser({ PATH: `/nowhere:${folder}` })).toBe(join(folder, 'google-chrome'));
  });
});
