/**
 * What a team's installation lives through: any part dies at any moment, and a storm of uploads. Every landing still ends
 * in one version; nothing is embedded twice, nothing is lost.
 */
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { requireMade, type DatasetVersion, type LedgerEntry, type ModelVersion, type Run } from '@graft/contracts';
import { EMOJI_GROUP, writeEmojiFolder } from './emoji-folder.js';
import { createSystem, landingBucket, until, type System } from './harness.js';
import { killPart } from './kill-part.js';
import { randomOf } from './random.js';

const LABELS = ['Animals & Nature', 'Food & Drink', 'Flags', 'Objects'];
const PARTS = ['trainer', 'orchestrator', 'registry', 'serving', 'temporal', 'minio', 'postgres'] as const;
const KILLS = 20;
const STORM = 3000;
const MINUTES = 60_000;

let system: System;
let folder: string;

const pipelineOf = (name: string): string =>
  `schemaVersion: pipeline.v1\nname: ${name}\ndata: { dataset: ${name} }\ntrain: { epochs: 30 }\ngate: { minTestImages: 10 }\n`;

const subscribe = async (name: string): Promise<void> => {
  await system.json(['data', 'create', name, '--quiet', '3']);
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, pipelineOf(name));
  await system.json(['pipelines', 'apply', file]);
};

/** Parts die and are brought up again until all kills are done. */
const makeTrouble = async (random: () => number): Promise<string[]> => {
  const killed: string[] = [];
  while (killed.length < KILLS) {
    await new Promise((resolve) => setTimeout(resolve, 500 + random() * 4000));
    const part = PARTS[Math.floor(random() * PARTS.length)] ?? 'trainer';
    if (await killPart(system, part)) killed.push(part);
    const up = await system.graft(['up'], { timeoutMs: 5 * MINUTES });
    if (up.exitCode !== 0) throw new Error(`after kill -9 of ${killed.join(', ')}: ${up.stderr}`);
  }
  return killed;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-soak-'));
  system = await createSystem('soak');
  const up = await system.graft(['up'], { timeoutMs: 5 * MINUTES });
  if (up.exitCode !== 0) throw new Error(up.stderr);
}, 6 * MINUTES);

afterAll(async () => {
  await system.dispose();
  await rm(folder, { recursive: true, force: true });
}, MINUTES);

describe('kill -9 of any part at any moment', () => {
  it(
    'ends every landing in one registered version, with nothing embedded twice',
    async () => {
      await subscribe('troubled');
      const trouble = makeTrouble(randomOf(1));
      trouble.catch(() => undefined); // Told when it is awaited.
      let landed = 0;
      for (const [index, vendor] of (['google', 'twitter'] as const).entries()) {
        const directory = await writeEmojiFolder({ parent: folder, vendor, labels: LABELS, end: 80 });
        landed += (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) =>
          entry.isFile(),
        ).length;
        const args = ['data', 'land', 'troubled', directory, '--source', vendor, '--group-pattern', EMOJI_GROUP];
        // The command itself may meet a server that is away: a person would try again, and so do we.
        await until(async () => (await system.graft(args)).exitCode === 0, {
          what: 'a landing',
          timeoutMs: 3 * MINUTES,
        });
        await until(
          async () => {
            const answer = await system.graft(['data', 'versions', 'troubled', '--json']);
            if (answer.exitCode !== 0) return false;
            const [latest] = JSON.parse(answer.stdout) as DatasetVersion[];
            return latest !== undefined && latest.images + latest.quarantined >= landed - 12 && latest.number > index;
          },
          { what: `dataset version ${index + 1}`, timeoutMs: 8 * MINUTES, everyMs: 2000 },
        );
      }
      expect(await trouble).toHaveLength(KILLS);
      const runs = await until(
        async () => {
          const found = await system.json<Run[]>(['runs', 'list', '--pipeline', 'troubled', '--limit', '100']);
          return found.length > 0 && found.every(({ state }) => state !== 'running') ? found : null;
        },
        { what: 'the end of every run', timeoutMs: 8 * MINUTES, everyMs: 2000 },
      );
      expect(runs.map(({ state, error }) => ({ state, error }))).toEqual(
        runs.map(() => ({ state: 'succeeded', error: null })),
      );
      const versions = await system.json<ModelVersion[]>(['review', 'troubled']);
      expect(new Set(versions.map((version) => requireMade(version).runId)).size).toBe(versions.length);
      expect(versions.map(({ version }) => version)).toEqual(runs.map((_, index) => runs.length - index));
      const [latest] = await system.json<DatasetVersion[]>(['data', 'versions', 'troubled']);
      expect(runs.reduce((sum, run) => sum + (run.embedded ?? 0), 0)).toBe(latest?.images);

      const newest = String(versions[0]?.version);
      await system.json(['approve', 'troubled', newest, '--override-gate', '--reason', 'soak']);
      await system.json(['promote', 'troubled', newest]);
      const ledger = await system.json<LedgerEntry[]>(['ledger', 'troubled']);
      expect(ledger.map(({ generation }) => generation)).toEqual([1]);
    },
    30 * MINUTES,
  );
});

describe('a storm of uploads', () => {
  it(
    'makes one dataset version and one run',
    async () => {
      await subscribe('stormy');
      const bucket = await landingBucket(system);
      const directory = await writeEmojiFolder({ parent: folder, vendor: 'google', labels: LABELS, end: 40 });
      const pictures = await Promise.all(
        (await readdir(directory, { recursive: true }))
          .filter((name) => name.endsWith('.png'))
          .map(async (name) => ({ name, bytes: await readFile(join(directory, name)) })),
      );
      // The same pictures again and again under new keys: each is an event, few are new images.
      for (let from = 0; from < STORM; from += 50) {
        await Promise.all(
          Array.from({ length: 50 }, (_, index) => {
            const { name, bytes } = pictures[(from + index) % pictures.length] ?? { name: '', bytes: Buffer.alloc(0) };
            const copy = Math.floor((from + index) / pictures.length);
            return bucket.put(`stormy/${name.replace('.png', `-${copy}.png`)}`, bytes);
          }),
        );
      }
      const [run] = await until(
        async () => {
          const found = await system.json<Run[]>(['runs', 'list', '--pipeline', 'stormy']);
          return found.length > 0 && found.every(({ state }) => state !== 'running') ? found : null;
        },
        { what: 'the run', timeoutMs: 8 * MINUTES, everyMs: 2000 },
      );
      expect(run?.state).toBe('succeeded');
      const versions = await system.json<DatasetVersion[]>(['data', 'versions', 'stormy']);
      expect(versions).toHaveLength(1);
      // The same pictures in another dataset are the same images: their activations are there already.
      expect((run?.embedded ?? 0) + (run?.reused ?? 0)).toBe(versions[0]?.images);
    },
    12 * MINUTES,
  );
});
