/** Three replicas behind one port answer people at a steady pace while versions are promoted and rolled back a hundred times. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { classificationSchema, type LedgerEntry, type Position } from '@graft/contracts';
import { awaitGeneration, createRegistryClient, type Registry } from '@graft/registry-client';
import { quantileOf } from '@graft/tools';
import { LABELS, makeApprovedVersions } from './approved-versions.js';
import { emojiOf } from './emoji-folder.js';
import { clientEnvironment, createSystem, until, type System } from './harness.js';
import { startOpenLoop } from './open-loop.js';

const MODEL = 'swapped';
const REPLICAS = 3;
const PER_SECOND = 60;
/** Promotions and rollbacks, in turns. */
const ACTS = 100;
const MINUTES = 60_000;
/** From one act to the next: a swap is what is tried, and the servers behind it share two cores with the replicas. */
const PAUSE_MS = 1500;
/** Where no news comes. */
const LOOK_MS = 250;

let system: System;
let folder: string;
let registry: Registry;
let environment: Readonly<Record<string, string>>;
let wake: () => void = () => undefined;
const listening = new AbortController();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-swap-'));
  system = await createSystem('swap');
  const up = await system.graft(['up'], { timeoutMs: 5 * MINUTES });
  if (up.exitCode !== 0) throw new Error(up.stderr);
  // In eight bits: two cores have to do for the replicas, those who ask, and the servers behind a swap after the other.
  await makeApprovedVersions(system, { model: MODEL, folder, versions: 2, variant: 'int8' });
  await system.json(['serve', '--replicas', String(REPLICAS)], { timeoutMs: 3 * MINUTES });
  environment = await clientEnvironment(system);
  registry = createRegistryClient({
    url: environment.GRAFT_REGISTRY_URL ?? '',
    token: environment.GRAFT_REGISTRY_TOKEN ?? '',
    actor: 'e2e',
  });
}, 20 * MINUTES);

afterAll(async () => {
  listening.abort();
  await system.dispose();
  await rm(folder, { recursive: true, force: true });
}, MINUTES);

/** Ends at the next news of a replica, or in a moment: looking all the time would slow down what is looked at. */
const nextNews = (): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, LOOK_MS);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });

const listenForNews = async (): Promise<void> => {
  for await (const { kind } of registry.events({ signal: listening.signal })) if (kind === 'replica') wake();
};

/** What a command waits for before it returns. */
const seenByAll = async (wanted: Position): Promise<void> => {
  const { replicas } = await awaitGeneration(registry, {
    ...{ model: MODEL, environment: 'production', timeoutMs: MINUTES, pause: nextNews },
    ...{ epoch: wanted.epoch, generation: wanted.generation },
  });
  expect(replicas).toBe(REPLICAS);
};

const promote = async (expectedGeneration: number): Promise<number> => {
  const { reportDigest, championGeneration, approvals } = await registry.getReview(MODEL, 2);
  // What was rolled back is approved anew.
  if (approvals.length === 0)
    await registry.approve(MODEL, 2, { reportDigest, championGeneration, reason: 'again', overrideGate: true });
  const { id } = await registry.requestPromotion(MODEL, { version: 2, expectedGeneration, reason: 'forth' });
  const promotion = await until(
    async () => {
      const found = await registry.getPromotion(id);
      if (found.state === 'failed') throw new Error(`promotion failed: ${found.error?.message ?? ''}`);
      return found.state === 'swapped' ? found : null;
    },
    { what: 'a promotion', timeoutMs: MINUTES, everyMs: 50 },
  );
  return promotion.generation ?? 0;
};

describe('a hundred promotions and rollbacks under load', () => {
  it(
    'fail no request, and once a command has returned nothing older answers',
    async () => {
      const [picture] = await emojiOf('google', LABELS[0]);
      const image = await readFile(picture?.path ?? '');
      const url = `${environment.GRAFT_SERVING_URL ?? ''}/v1/models/${MODEL}:classify`;
      const load = startOpenLoop(PER_SECOND, () =>
        fetch(url, { method: 'POST', body: image, headers: { 'content-type': 'image/png' } }),
      );
      void listenForNews();
      await sleep(2000);
      const returned: { readonly at: number; readonly generation: number }[] = [];
      const rollbacksMs: number[] = [];
      let { generation, epoch } = (await registry.getDeployment(MODEL, 'production')) ?? { generation: 0, epoch: 0 };
      for (let act = 0; act < ACTS; act += 1) {
        if (act % 2 === 0) generation = await promote(generation);
        else {
          const from = performance.now();
          const row = await registry.rollback(MODEL, { expectedGeneration: generation, reason: 'and back' });
          ({ generation, epoch } = row);
          await seenByAll({ epoch, generation });
          rollbacksMs.push(performance.now() - from);
        }
        returned.push({ at: performance.now(), generation });
        await sleep(PAUSE_MS);
      }
      await sleep(1000);
      const answers = await load.stop();

      expect(answers.filter(({ status }) => status !== 200).map(({ status, body }) => `${status}: ${body}`)).toEqual(
        [],
      );
      const ledger = await system.json<LedgerEntry[]>(['ledger', MODEL]);
      expect(ledger).toHaveLength(ACTS + 1);
      const versionOf = new Map(ledger.map((row) => [row.generation, row.version]));
      const stale: string[] = [];
      for (const { sentAt, body } of answers) {
        const answer = classificationSchema.parse(JSON.parse(body));
        expect(answer.version).toBe(versionOf.get(answer.generation));
        const least = returned.findLast(({ at }) => at < sentAt)?.generation ?? 0;
        if (answer.generation < least) stale.push(`generation ${answer.generation} after ${least}`);
      }
      expect(stale).toEqual([]);
      const seconds = answers.map((one) => one.seconds);
      const [p50, p99] = [quantileOf(rollbacksMs, 0.5), quantileOf(rollbacksMs, 0.99)];
      console.warn(
        `${answers.length} requests at ${PER_SECOND}/s over ${ACTS} swaps on ${REPLICAS} replicas, none failed: ` +
          `p50 ${(1000 * quantileOf(seconds, 0.5)).toFixed(0)} ms, p99 ${(1000 * quantileOf(seconds, 0.99)).toFixed(0)} ms; rollbacks until all replicas had ` +
          `them: p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`,
      );
      expect(p50).toBeLessThanOrEqual(100);
      expect(p99).toBeLessThanOrEqual(500);
    },
    30 * MINUTES,
  );
});
