/** What can go wrong while a version takes another's place, on real servers: the old one answers all along, the cause is named, and no hand is needed. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { contentKey } from '@graft/artifacts';
import { classificationSchema, type ModelVersion, type Promotion } from '@graft/contracts';
import { graftPaths } from '@graft/platform';
import { createRegistryClient, type Registry } from '@graft/registry-client';
import { LABELS, makeApprovedVersions } from './approved-versions.js';
import { emojiOf } from './emoji-folder.js';
import { artifactsBucket, clientEnvironment, createSystem, until, type GraftResult, type System } from './harness.js';
import { killPart } from './kill-part.js';
import { startOpenLoop } from './open-loop.js';

const MODEL = 'faulty';
/** One that serves, and one for each fault, so that none of them is in a replica's cache when it is needed. */
const VERSIONS = 6;
const MINUTES = 60_000;
/** A few requests a second show a gap, and leave the machine to what is tested. */
const PER_SECOND = 5;

let system: System;
let folder: string;
let registry: Registry;
let url: string;
let image: Uint8Array;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-faults-'));
  system = await createSystem('faults');
  const up = await system.graft(['up'], { timeoutMs: 5 * MINUTES });
  if (up.exitCode !== 0) throw new Error(up.stderr);
  await makeApprovedVersions(system, { model: MODEL, folder, versions: VERSIONS });
  const environment = await clientEnvironment(system);
  url = `${environment.GRAFT_SERVING_URL ?? ''}/v1/models/${MODEL}:classify`;
  registry = createRegistryClient({
    url: environment.GRAFT_REGISTRY_URL ?? '',
    token: environment.GRAFT_REGISTRY_TOKEN ?? '',
    actor: 'e2e',
  });
  const [picture] = await emojiOf('google', LABELS[0]);
  image = new Uint8Array(await readFile(picture?.path ?? ''));
}, 30 * MINUTES);

afterAll(async () => {
  await system.dispose();
  await rm(folder, { recursive: true, force: true });
}, MINUTES);

const serves = async (): Promise<number> => {
  const response = await fetch(url, { method: 'POST', body: image, headers: { 'content-type': 'image/png' } });
  return classificationSchema.parse(await response.json()).version;
};

const up = async (): Promise<void> => {
  const { exitCode, stderr } = await system.graft(['up'], { timeoutMs: 5 * MINUTES });
  if (exitCode !== 0) throw new Error(stderr);
};

const promote = (version: number): Promise<GraftResult> =>
  system.graft(['promote', MODEL, String(version), '--json'], { timeoutMs: 4 * MINUTES });

/** Asks all the time while something is done. Resolves with the versions that answered; a request that fails is an error. */
const whileAsking = async (work: () => Promise<void>): Promise<ReadonlySet<number>> => {
  const load = startOpenLoop(PER_SECOND, () =>
    fetch(url, { method: 'POST', body: image, headers: { 'content-type': 'image/png' } }),
  );
  const answers = await work()
    .then(() => sleep(500))
    .finally(() => load.stop())
    .then(() => load.stop());
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  return new Set(answers.map(({ body }) => classificationSchema.parse(JSON.parse(body)).version));
};

/** What it comes to by itself, once what was away is back. */
const becomesOf = (id: string): Promise<Promotion['state']> =>
  until(
    async () => {
      const { state } = await registry.getPromotion(id);
      return (state === 'swapped' || state === 'failed') && state;
    },
    { what: `the end of promotion ${id}`, timeoutMs: 4 * MINUTES },
  );

/** The promotion that is under way, as soon as there is one. */
const underWay = (version: number): Promise<string> =>
  until(async () => (await registry.listPromotions({ model: MODEL })).find((one) => one.version === version)?.id, {
    ...{ what: `a promotion of version ${version}`, timeoutMs: MINUTES, everyMs: 10 },
  });

/** Ends each process that tries an artifact before a replica loads it, as a model would that takes its process along. */
const killTrialsOf = async (digest: string, isOver: () => boolean): Promise<number> => {
  let killed = 0;
  while (!isOver()) {
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (!command.includes('load-process.js') || !command.includes(digest)) continue;
      process.kill(Number(pid), 'SIGSEGV');
      killed += 1;
    }
    await sleep(5);
  }
  return killed;
};

describe('a swap', () => {
  it(
    'to an artifact of which one byte is another in the store is refused with its digest; put back, it goes through',
    async () => {
      const version = (await system.json<ModelVersion[]>(['review', MODEL])).find((one) => one.version === 2);
      const digest = version?.artifacts.find(({ kind }) => kind === 'model')?.digest ?? '';
      // What another run of this test left in the machine's cache.
      await rm(join(graftPaths().cacheDir, 'serving', contentKey(digest)), { force: true });
      const store = await artifactsBucket(system);
      const kept = (await store.get(contentKey(digest)))?.bytes ?? new Uint8Array();
      const changed = Uint8Array.from(kept);
      changed[kept.length >> 1] = (changed[kept.length >> 1] ?? 0) ^ 1;
      await store.put(contentKey(digest), changed);
      try {
        const answered = await whileAsking(async () => {
          const refused = await promote(2);
          expect([refused.exitCode, refused.stderr]).toEqual([3, expect.stringContaining(digest.slice(0, 12))]);
        });
        expect(answered).toEqual(new Set([1]));
      } finally {
        await store.put(contentKey(digest), kept);
      }
      expect((await promote(2)).exitCode).toBe(0);
      expect(await serves()).toBe(2);
    },
    15 * MINUTES,
  );

  it(
    'while MinIO is away: the old version answers, and the promotion says what it lacks or goes on once it is back',
    async () => {
      let promoted: GraftResult | null = null;
      const answered = await whileAsking(async () => {
        expect(await killPart(system, 'minio')).toBe(true);
        promoted = await promote(3);
        await up();
      });
      expect(answered.has(2)).toBe(true);
      const { exitCode, stderr } = promoted ?? { exitCode: 0, stderr: '' };
      if (exitCode !== 0) {
        expect(stderr).toMatch(/object store|MinIO|127\.0\.0\.1|prepared version 3/);
        expect((await promote(3)).exitCode).toBe(0);
      }
      expect(await serves()).toBe(3);
    },
    15 * MINUTES,
  );

  it(
    'while PostgreSQL is away: the old version answers, and what was begun ends by itself once it is back',
    async () => {
      let id = '';
      const answered = await whileAsking(async () => {
        const promoting = promote(4);
        id = await underWay(4);
        expect(await killPart(system, 'postgres')).toBe(true);
        const { exitCode, stderr } = await promoting;
        if (exitCode !== 0) expect(stderr).toMatch(/registry|database/i);
        await up();
      });
      expect([...answered].filter((version) => version !== 3 && version !== 4)).toEqual([]);
      const state = await becomesOf(id);
      if (state === 'failed') expect((await promote(4)).exitCode).toBe(0);
      await until(async () => (await serves()) === 4, { what: 'version 4', timeoutMs: MINUTES });
    },
    15 * MINUTES,
  );

  it(
    'in which a replica dies while it prepares: the other one answers all along, and its successor serves what was promoted',
    async () => {
      await system.json(['serve', '--replicas', '2'], { timeoutMs: 3 * MINUTES });
      const answered = await whileAsking(async () => {
        const [stack] = await system.json<{ replicas: { pid: number }[] }[]>(['status']);
        expect(stack?.replicas).toHaveLength(2);
        const promoting = promote(5);
        await underWay(5);
        process.kill(stack?.replicas[0]?.pid ?? 0, 'SIGKILL');
        const { exitCode, stderr } = await promoting;
        expect([exitCode, stderr]).toEqual([0, expect.any(String)]);
      });
      expect([...answered].filter((version) => version !== 4 && version !== 5)).toEqual([]);
      expect(await serves()).toBe(5);
      expect(await system.json(['verify', MODEL])).toMatchObject({ problems: [], ledgers: [{ problem: null }] });
    },
    15 * MINUTES,
  );

  it(
    'to a model that ends the process that loads it: refused with the artifact named, and no replica ends',
    async () => {
      const version = (await system.json<ModelVersion[]>(['review', MODEL])).find((one) => one.version === 6);
      const digest = version?.artifacts.find(({ kind }) => kind === 'model')?.digest ?? '';
      // What another run of this test left in the machine's cache.
      const cache = join(graftPaths().cacheDir, 'serving/tried');
      for (const runtime of await readdir(cache)) await rm(join(cache, runtime, digest), { force: true });
      const replicas = async (): Promise<number[]> => {
        const [stack] = await system.json<{ replicas: { pid: number }[] }[]>(['status']);
        return (stack?.replicas ?? []).map(({ pid }) => pid).sort();
      };
      const before = await replicas();
      const answered = await whileAsking(async () => {
        let isOver = false;
        const killing = killTrialsOf(digest, () => isOver);
        const { exitCode, stderr } = await promote(6);
        isOver = true;
        expect(await killing).toBeGreaterThan(0);
        expect([exitCode, stderr]).toEqual([
          3,
          expect.stringContaining(`artifact ${digest} ended the process that tried to load it (SIGSEGV)`),
        ]);
      });
      expect(answered).toEqual(new Set([5]));
      expect(await replicas()).toEqual(before);
      expect((await promote(6)).exitCode).toBe(0);
      expect(await serves()).toBe(6);
    },
    15 * MINUTES,
  );
});
