import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ensureReferencePython,
  findMlflowPython,
  findReferencePython,
  findSchemathesisPython,
  findTritonclientPython,
  mlflowPythonTask,
  referencePythonTask,
  schemathesisPythonTask,
  tritonclientPythonTask,
} from './reference-python.js';

const KEPT = { ...process.env };
let cacheDir: string;

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'graft-python-'));
});
afterEach(async () => {
  process.env = { ...KEPT };
  await rm(cacheDir, { recursive: true });
});

/** A port that nobody listens on, asked once. */
const withoutIndex = (): void => {
  Object.assign(process.env, { PIP_INDEX_URL: 'http://127.0.0.1:9/simple', PIP_RETRIES: '0', PIP_FIND_LINKS: '' });
};

describe('the reference Python', () => {
  it('is not found in a cache that lacks it, and nothing is fetched', async () => {
    expect(await findReferencePython({ cacheDir })).toBeNull();
    expect(await findMlflowPython({ cacheDir })).toBeNull();
    expect(await findSchemathesisPython({ cacheDir })).toBeNull();
    expect(await findTritonclientPython({ cacheDir })).toBeNull();
    expect(await readdir(cacheDir)).toEqual([]);
  });

  it("says pip's reason when it can't be had, and leaves nothing half made", async () => {
    withoutIndex();
    await expect(ensureReferencePython({ cacheDir })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/ERROR: .*torch==/) as unknown,
    });
    expect(await readdir(join(cacheDir, 'python'))).toEqual([]);
  });

  it('is left out of a set-up that goes on without it, with the reason', async () => {
    withoutIndex();
    const remark = await referencePythonTask(cacheDir).run(() => undefined);
    expect(remark).toMatch(/left out.* tests .* skipped: .*torch==/);
    for (const taskOf of [mlflowPythonTask, schemathesisPythonTask, tritonclientPythonTask]) {
      expect(await taskOf(cacheDir).run(() => undefined)).toMatch(/left out.* tests .* skipped: /);
    }
  });

  it('is left out where there is no Python', async () => {
    process.env.PATH = cacheDir;
    const remark = await referencePythonTask(cacheDir).run(() => undefined);
    expect(remark).toMatch(/left out.*Python 3 with pip/);
  });
});
