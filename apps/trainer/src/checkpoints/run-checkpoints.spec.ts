import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryStore, type ObjectStore } from '@graft/artifacts';
import { AppError } from '@graft/contracts';
import { createLogger } from '@graft/platform';
import type { RunRegistry } from '@graft/registry-client';
import { createFakeRegistry, type FakeRegistry } from '../testing/fake-registry.js';
import { removeAbandonedCheckpoints } from './remove-abandoned.js';
import { createRunCheckpoints, type CheckpointFile, type RunCheckpoints } from './run-checkpoints.js';

const RUN = 'run-1';
const [PLAN, OTHER_PLAN] = ['a'.repeat(64), 'b'.repeat(64)];
const logger = createLogger({ service: 'test', level: 'silent' });

describe('checkpoints of a run', () => {
  let folder: string;
  let objects: ObjectStore;
  let registry: FakeRegistry;
  const pathOf = (step: number): string => join(folder, `checkpoint-${step}`);
  const keysThere = async (): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of objects.list('')) keys.push(key);
    return keys;
  };
  const open = (plan = PLAN, store: ObjectStore = objects): RunCheckpoints =>
    createRunCheckpoints({ objects: store, registry: registry.port, logger, runId: RUN, plan });
  const write = async (step: number): Promise<CheckpointFile> => {
    const bytes = Buffer.from(`state after ${step} steps`);
    await writeFile(pathOf(step), bytes);
    return { path: pathOf(step), step, digest: createHash('sha256').update(bytes).digest('hex') };
  };
  /** Resolves when what was kept is stored and pointed at. */
  const pointedAt = async (step: number): Promise<void> => {
    while (registry.run().checkpoint?.step !== step) await new Promise(setImmediate);
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'graft-checkpoints-'));
    objects = createMemoryStore();
    registry = createFakeRegistry(RUN);
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('gives back the newest one, on another machine too', async () => {
    const checkpoints = open();
    expect(await checkpoints.recover(pathOf)).toBeNull();
    const first = await write(10);
    checkpoints.keep(first);
    await pointedAt(10);
    checkpoints.keep(await write(20));
    await pointedAt(20);
    await checkpoints.settle();
    const { digest } = registry.run().checkpoint ?? {};
    expect(await keysThere()).toEqual([`checkpoints/${RUN}/${digest}.safetensors`]);
    // The older file is gone, the newest stays for a process that is started again here.
    expect(await readdir(folder)).toEqual(['checkpoint-20']);

    await rm(pathOf(20));
    expect(await open().recover(pathOf)).toEqual({ step: 20 });
    expect(await readFile(pathOf(20), 'utf8')).toBe('state after 20 steps');
  });

  it('stores before it points, and points before it removes what was there', async () => {
    const seen: string[] = [];
    const watched: ObjectStore = {
      ...objects,
      put: (key, bytes, options) => {
        seen.push('put');
        return objects.put(key, bytes, options);
      },
      remove: (key) => {
        seen.push(`remove at step ${registry.run().checkpoint?.step}`);
        return objects.remove(key);
      },
    };
    const checkpoints = open(PLAN, watched);
    checkpoints.keep(await write(1));
    await pointedAt(1);
    checkpoints.keep(await write(2));
    await pointedAt(2);
    await checkpoints.settle();
    expect(seen).toEqual(['put', 'put', 'remove at step 2']);
  });

  it('uploads the newest alone of several that wait', async () => {
    const checkpoints = open();
    for (const step of [1, 2, 3, 4]) checkpoints.keep(await write(step));
    await pointedAt(4);
    await checkpoints.settle();
    expect(registry.patches.length).toBeLessThan(4);
    expect(await keysThere()).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['checkpoint-4']);
  });

  it('says why it does not use one of another plan, a damaged one, or one that is gone', async () => {
    const checkpoints = open();
    checkpoints.keep(await write(7));
    await pointedAt(7);
    await checkpoints.settle();
    const because = async (plan = PLAN): Promise<string> => {
      const found = await open(plan).recover(pathOf);
      return found !== null && 'unusable' in found ? found.unusable : 'nothing';
    };
    expect(await because(OTHER_PLAN)).toMatch(/step 7 belongs to another plan/);
    const [key = ''] = await keysThere();
    await objects.put(key, Buffer.from('state after 8 steps'));
    expect(await because()).toMatch(/step 7 is damaged/);
    await objects.remove(key);
    expect(await because()).toMatch(/step 7 is not there any more/);
  });

  it('goes on when one can not be kept, and keeps the next', async () => {
    let failures = 1;
    const failing: ObjectStore = {
      ...objects,
      put: async (...given) => {
        failures -= 1;
        if (failures >= 0) throw new AppError('unavailable', 'no store');
        return objects.put(...given);
      },
    };
    const checkpoints = open(PLAN, failing);
    checkpoints.keep(await write(1));
    checkpoints.keep(await write(2));
    await pointedAt(2);
    await checkpoints.settle();
    expect(registry.run().checkpoint).toMatchObject({ step: 2, plan: PLAN });
  });

  it('leaves nothing behind when it is cleared, of earlier processes neither', async () => {
    await objects.put(`checkpoints/${RUN}/left-behind.safetensors`, Buffer.from('x'));
    await objects.put('checkpoints/another-run/theirs.safetensors', Buffer.from('x'));
    const checkpoints = open();
    await checkpoints.recover(pathOf);
    checkpoints.keep(await write(3));
    await pointedAt(3);
    await checkpoints.settle();
    expect(await keysThere()).not.toContain(`checkpoints/${RUN}/left-behind.safetensors`);
    await checkpoints.clear();
    expect(registry.run().checkpoint).toBeNull();
    expect(await keysThere()).toEqual(['checkpoints/another-run/theirs.safetensors']);
  });

  it('of runs that are over are removed, whoever left them', async () => {
    const keyOf = (run: string): string => `checkpoints/${run}/${'e'.repeat(64)}.safetensors`;
    for (const run of ['running', 'failed', 'unknown']) await objects.put(keyOf(run), Buffer.from('x'));
    const states = { running: 'running', failed: 'failed' } as const;
    const getRun: RunRegistry['getRun'] = async (id) => {
      const state = id === 'running' || id === 'failed' ? states[id] : null;
      if (state === null) throw new AppError('not_found', `no run ${id}`);
      return { ...registry.run(), id, state };
    };
    expect(await removeAbandonedCheckpoints({ objects, registry: { getRun } })).toBe(1);
    expect(await keysThere()).toEqual([keyOf('running'), keyOf('unknown')]);
  });
});
