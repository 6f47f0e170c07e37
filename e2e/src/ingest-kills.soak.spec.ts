/**
 * kill -9 of any part at random moments of one ingestion: it ends in the very version that an undisturbed one makes. Two systems, the
 * same landing: a version's id is the digest of all that it holds.
 *
 * GRAFT_SOAK_IMAGES sets the number of images (default 5,000).
 */
import { afterEach, describe, expect, it } from '@jest/globals';
import type { DatasetVersion } from '@graft/contracts';
import { smallImage } from '@graft/tools/bench';
import pLimit from 'p-limit';
import { createSystem, landingBucket, until, type System } from './harness.js';
import { killPart } from './kill-part.js';
import { randomOf } from './random.js';

const IMAGES = Number(process.env['GRAFT_SOAK_IMAGES'] ?? 5_000);
const PARTS = ['orchestrator', 'trainer', 'minio', 'temporal', 'postgres'] as const;
const LABELS = ['ant', 'bee', 'fly'];
const MINUTES = 60_000;
const SEED = 20_261_125;

const systems: System[] = [];
afterEach(async () => {
  for (const system of systems.splice(0)) await system.dispose();
}, 2 * MINUTES);

const up = async (system: System): Promise<void> => {
  const { exitCode, stderr } = await system.graft(['up'], { timeoutMs: 5 * MINUTES });
  if (exitCode !== 0) throw new Error(stderr);
};

const latestOf = async (system: System): Promise<DatasetVersion | null> => {
  // A server may be away at this very moment.
  const answer = await system.graft(['data', 'versions', 'insects', '--json']);
  return answer.exitCode === 0 ? ((JSON.parse(answer.stdout) as DatasetVersion[])[0] ?? null) : null;
};

/** Everything lands while the dataset is paused, so that one ingestion has all of it. */
const landAll = async (name: string): Promise<System> => {
  const system = await createSystem(name);
  systems.push(system);
  await up(system);
  await system.json(['data', 'create', 'insects', '--quiet', '1']);
  expect((await system.graft(['data', 'pause', 'insects'])).exitCode).toBe(0);
  const bucket = await landingBucket(system);
  const limit = pLimit(32);
  await Promise.all(
    Array.from({ length: IMAGES }, (_, number) =>
      limit(() => bucket.put(`insects/${LABELS[number % LABELS.length] ?? ''}/${number}.png`, smallImage(number))),
    ),
  );
  return system;
};

const resume = async (system: System): Promise<void> => {
  expect((await system.graft(['data', 'resume', 'insects'])).exitCode).toBe(0);
};

describe('kill -9 in the middle of an ingestion', () => {
  it(
    'ends in the version that an undisturbed one makes',
    async () => {
      const calm = await landAll('calm');
      await resume(calm);
      const expected = await until(() => latestOf(calm), {
        what: 'the version',
        timeoutMs: 20 * MINUTES,
        everyMs: 1000,
      });
      expect(expected.images).toBe(IMAGES);
      await systems.shift()?.dispose();

      const troubled = await landAll('troubled');
      await resume(troubled);
      const random = randomOf(SEED);
      const killed: string[] = [];
      const found = await until(
        async () => {
          await new Promise((resolve) => setTimeout(resolve, 500 + random() * 3000));
          const version = await latestOf(troubled);
          // The first kill comes whatever the speed: an ingestion that nothing happened to shows nothing.
          if (version !== null && killed.length > 0) return version;
          const part = PARTS[Math.floor(random() * PARTS.length)] ?? 'orchestrator';
          if (await killPart(troubled, part)) killed.push(part);
          await up(troubled);
          return null;
        },
        { what: 'the version', timeoutMs: 40 * MINUTES, everyMs: 100 },
      );
      expect({ id: found.id, number: found.number, killed: killed.length > 0 }).toEqual({
        ...{ id: expected.id, number: 1, killed: true },
      });
    },
    70 * MINUTES,
  );
});
