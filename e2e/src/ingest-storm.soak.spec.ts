/**
 * A storm of small images: in no order, a third of them put twice (so their events come twice), and the orchestrator away for about a
 * third of the time (so their events come never). With ten seconds of quiet and no longest wait it ends in one version and one run.
 *
 * GRAFT_SOAK_IMAGES sets the number of images (default 50,000).
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DatasetVersion, Run } from '@graft/contracts';
import { smallImage } from '@graft/tools/bench';
import pLimit from 'p-limit';
import { createSystem, landingBucket, until, type System } from './harness.js';
import { killPart } from './kill-part.js';

const IMAGES = Number(process.env['GRAFT_SOAK_IMAGES'] ?? 50_000);
const LABELS = ['ant', 'bee', 'fly'];
const MINUTES = 60_000;
const PIPELINE = `schemaVersion: pipeline.v1
name: stormy
data: { dataset: stormy }
train: { strategy: head, epochs: 2 }
gate: { minTestImages: 10 }
`;
/** A prime, so that every image comes once, neighbours far apart. */
const STRIDE = 7_919;

let system: System;
let folder: string;

const up = async (): Promise<void> => {
  const { exitCode, stderr } = await system.graft(['up'], { timeoutMs: 5 * MINUTES });
  if (exitCode !== 0) throw new Error(stderr);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-storm-'));
  system = await createSystem('storm');
  await up();
}, 6 * MINUTES);
afterAll(async () => {
  await system.dispose();
  await rm(folder, { recursive: true, force: true });
}, 2 * MINUTES);

describe('a storm with events doubled, reordered and lost', () => {
  it(
    'makes one version of every object, each looked at once, and one run',
    async () => {
      await system.json(['data', 'create', 'stormy', '--quiet', '10', '--max-wait', 'none']);
      await writeFile(join(folder, 'stormy.yaml'), PIPELINE);
      await system.json(['pipelines', 'apply', join(folder, 'stormy.yaml')]);
      const bucket = await landingBucket(system);
      const limit = pLimit(32);
      const landThird = async (third: number): Promise<void> => {
        const end = Math.floor(((third + 1) * IMAGES) / 3);
        const from = Math.floor((third * IMAGES) / 3);
        await Promise.all(
          Array.from({ length: end - from }, (_, index) =>
            limit(async () => {
              const number = ((from + index) * STRIDE) % IMAGES;
              const key = `stormy/${LABELS[number % LABELS.length] ?? ''}/${number}.png`;
              await bucket.put(key, smallImage(number));
              if (number % 3 === 0) await bucket.put(key, smallImage(number));
            }),
          ),
        );
      };
      await landThird(0);
      expect(await killPart(system, 'orchestrator')).toBe(true);
      await landThird(1);
      await Promise.all([up(), landThird(2)]);

      const runs = await until(
        async () => {
          const found = await system.json<Run[]>(['runs', 'list', '--pipeline', 'stormy']);
          return found.length > 0 && found.every(({ state }) => state !== 'running') ? found : null;
        },
        { what: 'the run', timeoutMs: 90 * MINUTES, everyMs: 5000 },
      );
      expect(runs.map(({ state, error }) => ({ state, error }))).toEqual([{ state: 'succeeded', error: null }]);
      const versions = await system.json<DatasetVersion[]>(['data', 'versions', 'stormy']);
      expect(versions.map(({ images, quarantined }) => ({ images, quarantined }))).toEqual([
        { images: IMAGES, quarantined: 0 },
      ]);
      const { ingestions } = await system.json<{ ingestions: { objects: number; datasetVersion: string | null }[] }>([
        ...['data', 'why', 'stormy'],
      ]);
      expect(ingestions.map(({ objects, datasetVersion }) => ({ objects, datasetVersion }))).toEqual([
        { objects: IMAGES, datasetVersion: versions[0]?.id },
      ]);
    },
    120 * MINUTES,
  );
});
