import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '@graft/tools';
import { describeConsole } from './console/describe-console.js';
import { createSystem, type System } from './harness.js';

const DEMO_TIMEOUT_MS = 900_000;
const PHOTOS = join(repositoryRoot(), '../shared/data/hymenoptera');

interface DemoOutput {
  readonly versions: {
    readonly version: number;
    readonly accuracy: Record<string, number>;
    readonly embedded: number;
    readonly reused: number;
    readonly newImages: number;
    readonly gate: string;
    readonly drift: { readonly features: { readonly detected: boolean; readonly p: number } | null } | null;
  }[];
  readonly rollback: {
    readonly clientMs: number;
    readonly failed: number;
    readonly toVersion: number;
    readonly answers: { readonly compared: number; readonly sameTop1: number; readonly maxDifference: number };
  };
  readonly stages: { readonly name: string; readonly seconds: number }[];
  readonly ledger: { readonly action: string; readonly version: number; readonly generation: number }[];
}

/** Standard output holds the object and nothing else, so that parsing it whole is part of the test. */
const runDemo = async (system: System, args: readonly string[]): Promise<DemoOutput> =>
  system.json<DemoOutput>(['demo', ...args], { timeoutMs: DEMO_TIMEOUT_MS });

describe('the demo on emoji art', () => {
  let system: System;
  let demo: DemoOutput;
  beforeAll(async () => {
    system = await createSystem('demo');
    demo = await runDemo(system, ['--keep']);
  }, DEMO_TIMEOUT_MS);
  afterAll(() => system.dispose());

  it('makes a first version that knows google and not yet twitter', () => {
    const [one] = demo.versions;
    expect(one?.accuracy.google).toBeGreaterThanOrEqual(0.68);
    expect(one?.accuracy.twitter).toBeLessThanOrEqual(0.5);
  });

  it('makes a second version that has learned twitter and kept google', () => {
    const two = demo.versions[1];
    expect(two?.accuracy.twitter).toBeGreaterThanOrEqual(0.6);
    expect(two?.accuracy.google).toBeGreaterThanOrEqual(0.66);
  });

  it('embeds exactly the images that are new', () => {
    const [one, two] = demo.versions;
    expect(one).toMatchObject({ embedded: one?.newImages, reused: 0 });
    expect(two).toMatchObject({ embedded: two?.newImages, reused: one?.embedded });
    expect(one?.embedded).toBeGreaterThan(1000);
    expect(two?.embedded).toBeGreaterThan(1000);
  });

  it('reports that the second landing is drawn by another hand', () => {
    const features = demo.versions[1]?.drift?.features;
    expect(features?.detected).toBe(true);
    expect(features?.p).toBeLessThan(0.01);
  });

  it("rolls back to version 1's answers without a failed request", () => {
    expect(demo.rollback).toMatchObject({ toVersion: 1, failed: 0 });
    expect(demo.rollback.clientMs).toBeLessThan(5000);
    expect(demo.rollback.answers.compared).toBeGreaterThan(10);
    expect(demo.rollback.answers.sameTop1).toBe(demo.rollback.answers.compared);
    expect(demo.rollback.answers.maxDifference).toBeLessThan(1e-5);
  });

  it('leaves a ledger that tells the story', () => {
    expect(demo.ledger.map(({ generation, action, version }) => ({ generation, action, version }))).toEqual([
      { generation: 3, action: 'rollback', version: 1 },
      { generation: 2, action: 'promote', version: 2 },
      { generation: 1, action: 'promote', version: 1 },
    ]);
  });

  it('times every stage', () => {
    const names = new Set(demo.stages.map(({ name }) => name));
    for (const name of ['ingest', 'embed', 'train', 'export', 'evaluate', 'promote', 'rollback'])
      expect(names).toContain(name);
    for (const { seconds } of demo.stages) expect(seconds).toBeGreaterThan(0);
  });

  describeConsole({ system: () => system, stack: 'demo' });
});

const describePhotos = existsSync(PHOTOS) ? describe : describe.skip;
if (!existsSync(PHOTOS)) console.warn(`skipped: no photos at ${PHOTOS}`);

describePhotos("the demo on a person's own photos", () => {
  let system: System;
  beforeAll(async () => {
    system = await createSystem('photos');
  });
  afterAll(() => system.dispose());

  it(
    'keeps the fixed splits and ends as good as the same weights do elsewhere',
    async () => {
      const demo = await runDemo(system, ['--data', PHOTOS]);
      expect(demo.versions[1]?.accuracy.val).toBeGreaterThanOrEqual(0.93);
      expect(demo.versions[1]?.reused).toBe(demo.versions[0]?.embedded);
      expect(demo.rollback.answers.maxDifference).toBeLessThan(1e-5);
    },
    DEMO_TIMEOUT_MS,
  );

  it('leaves nothing running where it was not asked to be kept', async () => {
    const stacks = await system.json<{ running: boolean }[]>(['status', '--stack', 'demo']);
    expect(stacks.map(({ running }) => running)).toEqual([false]);
  });
});
