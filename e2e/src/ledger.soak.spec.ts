/**
 * Many people promote and roll back at once, from processes of their own, while parts of the installation die and come back. The ledger
 * stays gapless and whole, each generation has one winner, and what answers in the end is what its last row says.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Classification, LedgerEntry } from '@graft/contracts';
import { LABELS, makeApprovedVersions } from './approved-versions.js';
import { emojiOf } from './emoji-folder.js';
import { createSystem, until, type GraftResult, type System } from './harness.js';
import { killPart } from './kill-part.js';
import { randomOf } from './random.js';

const VERSIONS = 3;
const PEOPLE = 5;
const ACTS = 50;
const VICTIMS = ['registry', 'postgres', 'orchestrator', 'serving', 'registry', 'temporal', 'postgres', 'serving'];
const MINUTES = 60_000;

/** done, refused, not found, unavailable, conflict: what a person may be told. A defect (1) or wrong usage (2) is none of these. */
const TOLD = new Set([0, 3, 4, 5, 6]);

let system: System;
let folder: string;

interface Act {
  readonly what: readonly string[];
  readonly answer: GraftResult;
}

/** One after the other: a version that was rolled back is approved anew before it is promoted again. */
const actOnce = async (random: () => number, name: string): Promise<Act> => {
  const version = String(1 + Math.floor(random() * VERSIONS));
  const reason = ['--reason', `${name} thinks so`];
  const isRollback = random() < 0.4;
  if (!isRollback) await system.graft(['approve', 'busy', version, '--override-gate', ...reason]);
  const what = isRollback ? ['rollback', 'busy', ...reason] : ['promote', 'busy', version, ...reason];
  return { what, answer: await system.graft([...what, '--json'], { timeoutMs: 3 * MINUTES }) };
};

/** Defects that the registry told its log of; nothing else is kept when this has ended. */
const registryErrors = async (): Promise<string> => {
  const log = await readFile(join(system.stateHome, 'graft/stacks/default/logs/registry.log'), 'utf8').catch(() => '');
  return log
    .split('\n')
    .filter((line) => line.includes('request: failed'))
    .slice(-5)
    .join('\n');
};

const readLedger = (): Promise<LedgerEntry[]> => system.json<LedgerEntry[]>(['ledger', 'busy']);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-ledger-'));
  system = await createSystem('ledger');
  const up = await system.graft(['up'], { timeoutMs: 5 * MINUTES });
  if (up.exitCode !== 0) throw new Error(up.stderr);
  await makeApprovedVersions(system, { model: 'busy', folder, versions: VERSIONS });
}, 20 * MINUTES);

afterAll(async () => {
  await system.dispose();
  await rm(folder, { recursive: true, force: true });
}, MINUTES);

describe('promotions and rollbacks at once, with kill -9 in between', () => {
  it(
    'leave a whole ledger that serving agrees with',
    async () => {
      const acts: Act[] = [];
      let left = ACTS;
      const person = async (index: number): Promise<void> => {
        const random = randomOf(index + 1);
        while (left > 0) {
          left -= 1;
          acts.push(await actOnce(random, `person ${index}`));
        }
      };
      const people = Promise.all(Array.from({ length: PEOPLE }, (_, index) => person(index)));
      people.catch(() => undefined); // Told when it is awaited.
      const random = randomOf(99);
      const killed: string[] = [];
      for (const part of VICTIMS) {
        await new Promise((resolve) => setTimeout(resolve, 2000 + random() * 6000));
        if (await killPart(system, part)) killed.push(part);
        const up = await system.graft(['up'], { timeoutMs: 5 * MINUTES });
        if (up.exitCode !== 0) throw new Error(`after kill -9 of ${killed.join(', ')}: ${up.stderr}`);
      }
      await people;
      expect(acts).toHaveLength(ACTS);
      expect(killed.length).toBeGreaterThanOrEqual(VICTIMS.length - 1);
      for (const { what, answer } of acts) {
        if (TOLD.has(answer.exitCode)) continue;
        throw new Error(
          `graft ${what.join(' ')}: ${answer.exitCode}: ${answer.stderr}\nthe registry said:\n${await registryErrors()}`,
        );
      }

      // What was requested and not yet carried out ends by itself.
      let before = -1;
      const ledger = await until(
        async () => {
          const rows = await readLedger();
          const isStill = rows.length === before;
          before = rows.length;
          return isStill ? rows : null;
        },
        { what: 'a ledger that stays as it is', timeoutMs: 5 * MINUTES, everyMs: 15_000 },
      );
      expect(ledger.map(({ generation }) => generation)).toEqual(ledger.map((_, index) => ledger.length - index));
      // Of those who act on the same generation one wins, and some find a part that is down.
      expect(ledger.length).toBeGreaterThanOrEqual(ACTS / PEOPLE / 2);
      const won = acts.flatMap(({ what, answer }) => {
        if (answer.exitCode !== 0) return [];
        const told = JSON.parse(answer.stdout) as { id: string; generation: number; version: number } & {
          entry: { hash: string; generation: number; version: number };
        };
        return [what[0] === 'rollback' ? { ...told.entry, id: told.entry.hash } : told];
      });
      expect(won.length).toBeGreaterThan(0);
      // Who asks for what is under way already is told of that promotion; two acts never make one generation.
      const generationOf = new Map(won.map(({ id, generation }) => [id, generation]));
      expect(new Set(generationOf.values()).size).toBe(generationOf.size);
      for (const { generation, version } of won)
        expect(ledger.find((row) => row.generation === generation)?.version).toBe(version);
      expect(await system.json(['verify', 'busy'])).toMatchObject({ problems: [], ledgers: [{ problem: null }] });

      const [picture] = await emojiOf('google', LABELS[0]);
      const answered = await until(
        async () => {
          const answer = await system.graft(['classify', 'busy', picture?.path ?? '', '--json']);
          if (answer.exitCode !== 0) return null;
          const [one] = JSON.parse(answer.stdout) as Classification[];
          return one?.generation === ledger[0]?.generation ? one : null;
        },
        { what: `an answer of generation ${ledger[0]?.generation}`, timeoutMs: MINUTES },
      );
      expect(answered.version).toBe(ledger[0]?.version);
      console.warn(
        `${ACTS} acts of ${PEOPLE} people, ${won.length} done, ${ledger.length} generations; kill -9 of ${killed.join(', ')}`,
      );
    },
    40 * MINUTES,
  );
});
