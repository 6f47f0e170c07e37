/**
 * A landing made to do harm, on real servers: bombs, files at every limit, and what no decoder should see, all at once. Each ends in
 * the version or in the quarantine with its reason, and the worker stays below a gibibyte.
 */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DatasetVersion, QuarantineEntry } from '@graft/contracts';
import { heavyImages, hostileImages, type HostileImage } from '@graft/data/testing';
import { createSystem, landingBucket, until, type System } from './harness.js';
import { partPid } from './kill-part.js';

const MINUTES = 60_000;
const GIBIBYTE = 2 ** 30;
/** So that there are several of the large ones to be decoded at the same time. */
const COPIES = 3;

let system: System;
beforeAll(async () => {
  system = await createSystem('hostile');
  const up = await system.graft(['up'], { timeoutMs: 5 * MINUTES });
  if (up.exitCode !== 0) throw new Error(up.stderr);
}, 6 * MINUTES);
afterAll(() => system.dispose(), MINUTES);

/** The most memory that a part has held, as the kernel counts it. */
const peakRssBytes = async (part: string): Promise<number> => {
  const pid = await partPid(system, part);
  const status = await readFile(`/proc/${pid ?? 'none'}/status`, 'utf8');
  return 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]);
};

/** The same picture in other bytes, where it ends in something that may be added to; what is refused may be the same. */
const copyOf = ({ bytes }: HostileImage, copy: number): Buffer =>
  bytes.length === 0 || copy === 0 ? bytes : Buffer.concat([bytes, Buffer.from([copy])]);

describe('a landing made to do harm', () => {
  it(
    'is taken in and left out one by one, within a gibibyte',
    async () => {
      await system.json(['data', 'create', 'hostile', '--quiet', '3']);
      const bucket = await landingBucket(system);
      const images = [...(await hostileImages()), ...(await heavyImages())];
      const refused = images.filter(({ outcome }) => outcome !== 'fit').length;
      for (let copy = 0; copy < COPIES; copy += 1)
        for (const image of images) await bucket.put(`hostile/harm/${copy}-${image.name}`, copyOf(image, copy));
      const version = await until(
        async () => {
          // Until there is a version there is no quarantine to be listed.
          const [latest] = await system.json<DatasetVersion[]>(['data', 'versions', 'hostile']);
          return latest !== undefined && latest.quarantined >= refused * COPIES ? latest : null;
        },
        { what: 'the version', timeoutMs: 10 * MINUTES, everyMs: 3000 },
      );
      expect(version.images).toBeGreaterThan(0);
      const entries = await system.json<QuarantineEntry[]>(['data', 'quarantine', 'hostile']);
      const reasonOf = new Map(entries.map(({ key, reason }) => [key, reason]));
      for (const { name, outcome } of images)
        for (let copy = 0; copy < COPIES; copy += 1)
          expect({ name, copy, outcome: reasonOf.get(`hostile/harm/${copy}-${name}`) ?? 'fit' }).toEqual({
            name,
            copy,
            outcome,
          });
      expect(await peakRssBytes('orchestrator')).toBeLessThan(GIBIBYTE);
    },
    15 * MINUTES,
  );
});
