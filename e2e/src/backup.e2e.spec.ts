/** A backup that is made while people promote, land and ask, and a stack that is made of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Backup, Classification, DatasetVersion, LedgerEntry, ModelVersion, Run } from '@graft/contracts';
import { approve, LABELS, makeApprovedVersions } from './approved-versions.js';
import { emojiOf } from './emoji-folder.js';
import { createSystem, landingBucket, until, type System } from './harness.js';

const MODEL = 'kept';
const MINUTES = 60_000;
/** Of the folder of backups: what the second one adds. */
type Made = Backup & { path: string; newBytes: number };

let system: System;
let folder: string;
let again: Pick<System, 'graft' | 'json'>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-backup-e2e-'));
  system = await createSystem('backup');
  again = {
    graft: (args, options) => system.graft([...args, '--stack', 'again'], options),
    json: (args, options) => system.json([...args, '--stack', 'again'], options),
  };
  const up = await system.graft(['up'], { timeoutMs: 5 * MINUTES });
  if (up.exitCode !== 0) throw new Error(up.stderr);
  await makeApprovedVersions(system, { model: MODEL, folder, versions: 2 });
});

afterAll(async () => {
  await system.graft(['down', '--wipe', '--stack', 'again']);
  await system.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** Goes on until it is told to stop; gives what was done. */
const keepDoing = (act: (turn: number) => Promise<void>): (() => Promise<number>) => {
  let isStopped = false;
  const done = (async () => {
    let turn = 0;
    for (; !isStopped; turn += 1) await act(turn);
    return turn;
  })();
  done.catch(() => undefined); // Told when it is awaited.
  return () => {
    isStopped = true;
    return done;
  };
};

describe('a backup under load', () => {
  let before: LedgerEntry[];
  let landedBefore: string[];
  let backup: Made;
  const backups = (): string => join(folder, 'backups');

  it('is made, without anything that was acknowledged before it being lost', async () => {
    const landing = await landingBucket(system);
    const landed: string[] = [];
    const stopLanding = keepDoing(async (turn) => {
      const key = `later/rose/${turn}.png`;
      await landing.put(key, Buffer.from(`picture ${turn}`), { metadata: { group: `group ${turn}` } });
      landed.push(key);
    });
    const stopActing = keepDoing(async (turn) => {
      const reason = ['--reason', `turn ${turn}`];
      if (turn % 2 === 0) {
        await approve(system, MODEL, 2);
        await system.json(['promote', MODEL, '2', ...reason]);
      } else await system.json(['rollback', MODEL, ...reason]);
    });
    await until(async () => landed.length >= 20 && (await system.json<unknown[]>(['ledger', MODEL])).length >= 3, {
      ...{ what: 'some load', timeoutMs: MINUTES },
    });
    before = await system.json<LedgerEntry[]>(['ledger', MODEL]);
    landedBefore = [...landed];
    backup = await system.json<Made>(['backup', backups()], { timeoutMs: 5 * MINUTES });
    await stopLanding();
    await stopActing();
    expect(backup).toMatchObject({ schemaVersion: 'backup.v1', leftOut: [], database: { epoch: 1 } });
    expect(backup.newBytes).toBeGreaterThan(1_000_000);
  });

  it('is followed by one that copies what is new alone', async () => {
    const next = await system.json<Made>(['backup', backups()], { timeoutMs: 5 * MINUTES });
    expect(next.newBytes).toBeLessThan(backup.newBytes / 10);
    expect(await system.json<Backup[]>(['backup', backups(), '--list'])).toMatchObject([
      { id: backup.id },
      { id: next.id },
    ]);
  });

  it('becomes a stack that serves what its ledger ends in, whole and in a new epoch', async () => {
    const restored = await again.json<{ epoch: number; verified: { problems: unknown[]; ledgers: unknown[] } }>(
      ['restore', backups(), '--backup', backup.id],
      { timeoutMs: 8 * MINUTES },
    );
    expect(restored).toMatchObject({ epoch: 2, verified: { problems: [], ledgers: [{ problem: null }] } });
    const ledger = await again.json<LedgerEntry[]>(['ledger', MODEL]);
    const [last, ...kept] = ledger;
    expect(last).toMatchObject({ action: 'restore', epoch: 2 });
    expect(kept.slice(-before.length).map(({ hash }) => hash)).toEqual(before.map(({ hash }) => hash));
    const [picture] = await emojiOf('google', LABELS[0]);
    const [answer] = await again.json<Classification[]>(['classify', MODEL, picture?.path ?? '']);
    expect(answer).toMatchObject({ generation: last?.generation, version: last?.version });
    const { exitCode, stdout } = await again.graft(['verify']);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('1 model with 2 versions')]);
    const keys = new Set<string>();
    const found = await again.json<{ name: string }[]>(['data', 'list']);
    expect(found.map(({ name }) => name)).toEqual([MODEL]);
    for await (const { key } of (await landingBucket(system, 'again')).list('later/')) keys.add(key);
    expect(landedBefore.filter((key) => !keys.has(key))).toEqual([]);
  });

  it('goes on: the next run learns from the same version, and its version can be decided on', async () => {
    const [version] = await again.json<DatasetVersion[]>(['data', 'versions', MODEL]);
    await again.json(['runs', 'start', MODEL, '--again', '--reason', 'after the restore']);
    const made = await until(
      async () => (await again.json<Run[]>(['runs', 'list', '--pipeline', MODEL])).find((run) => run.version === 3),
      { what: 'version 3', timeoutMs: 4 * MINUTES, everyMs: 1000 },
    );
    expect(made.state).toBe('succeeded');
    await approve(again, MODEL, 3);
    const versions = await again.json<ModelVersion[]>(['review', MODEL]);
    expect(versions.find((one) => one.version === 3)?.lineage.datasetVersion).toBe(version?.id);
    await again.json(['promote', MODEL, '3']);
  });

  it('is not put over anything', async () => {
    const { exitCode, stderr } = await again.graft(['restore', backups()], { timeoutMs: 2 * MINUTES });
    expect([exitCode, stderr]).toEqual([6, expect.stringContaining(`stack "again" isn't empty`)]);
    expect((await again.json<LedgerEntry[]>(['ledger', MODEL]))[0]).toMatchObject({ version: 3 });
  });
});
