import { describe, expect, it } from '@jest/globals';
import { digestOfText } from './canonical-json.js';
import { cronProblem, nextCron } from './cron.js';
import { datasetVersionSchema, type DatasetVersion } from './manifest.js';
import { pipelineDigest, pipelineSchema, trainDigest, type Pipeline, type PipelineVersion } from './pipeline.js';
import type { Run, RunFilter } from './run.js';
import { decideStart, readRuns, readSameVersions, type StartQuestion } from './start-decision.js';

const NOW = new Date('2026-03-04T12:00:00.000Z');
const hoursAgo = (hours: number): string => new Date(NOW.getTime() - hours * 3_600_000).toISOString();

const pipelineOf = (fields: object = {}, enabled = true): PipelineVersion => {
  const base = { schemaVersion: 'pipeline.v1', name: 'flowers', data: { dataset: 'flowers' } };
  const pipeline: Pipeline = pipelineSchema.parse({ ...base, ...fields });
  return {
    ...{ name: pipeline.name, number: 1, digest: pipelineDigest(pipeline) },
    ...{ pipeline, yaml: '', enabled, createdAt: hoursAgo(100) },
  };
};
const VERSION: DatasetVersion = datasetVersionSchema.parse({
  ...{ id: digestOfText('version 2'), dataset: 'flowers', number: 2, parent: digestOfText('version 1') },
  ...{ labels: ['rose'], images: 3, newImages: 1, bySplit: { train: 1, val: 1, test: 1 }, bySource: {} },
  ...{ quarantine: null, quarantined: 0, ingestSeconds: 1, createdAt: hoursAgo(1) },
});
const run = (fields: Partial<Run> = {}): Run => ({
  ...{ id: 'run-1', pipeline: 'flowers', pipelineDigest: VERSION.id, trainDigest: VERSION.id },
  ...{ datasetVersion: digestOfText('version 1'), attempt: 1, workflowId: 'w', state: 'succeeded', stage: null },
  ...{ embedded: null, reused: null, checkpoint: null, version: 4, error: null, asked: null },
  ...{ createdAt: hoursAgo(2), finishedAt: null },
  ...fields,
});
const ask = (fields: Partial<StartQuestion> = {}): ReturnType<typeof decideStart> =>
  decideStart({
    ...{ pipelineVersion: pipelineOf(), datasetVersion: VERSION, sameVersions: [], onLeakage: 'block', runs: [] },
    now: NOW,
    ...fields,
  });

describe('decideStart', () => {
  it('starts a run of a version that has none, as what the pipeline is now', () => {
    const pipelineVersion = pipelineOf();
    const { decision, identity } = ask({ pipelineVersion, runs: [run()] });
    expect(decision).toMatchObject({ reason: 'starts', runId: null, notBefore: null });
    expect(identity).toEqual({
      pipeline: 'flowers',
      pipelineDigest: pipelineVersion.digest,
      trainDigest: trainDigest(pipelineVersion.pipeline),
      datasetVersion: VERSION.id,
      attempt: 1,
    });
  });

  it('starts nothing without a version', () => {
    const { decision, identity } = ask({ datasetVersion: null });
    expect({ identity, reason: decision.reason }).toEqual({ identity: null, reason: 'no_version' });
  });

  it.each([
    ['requested', 'about to start'],
    ['running', './graft runs watch run-9'],
    ['succeeded', 'made version 4'],
    ['skipped', 'trained nothing: p = .4'],
    ['failed', 'failed: p = .4. ./graft runs start flowers --again'],
    ['cancelled', 'was cancelled: p = .4. ./graft runs start flowers --again'],
  ] as const)('starts no second run of a version, and says of one that %s what it came to', (state, words) => {
    const error = { code: 'x', message: 'p = .4' };
    const { decision, identity } = ask({ runs: [run({ id: 'run-9', datasetVersion: VERSION.id, state, error })] });
    expect(decision).toMatchObject({ reason: 'has_run', runId: 'run-9', message: expect.stringContaining(words) });
    expect(identity).toBeNull();
  });

  it('a run that is there settles the matter even where the pipeline is off; without one, off comes first', () => {
    const pipelineVersion = pipelineOf({ trigger: { on: 'request' } }, false);
    expect(ask({ pipelineVersion, runs: [run({ datasetVersion: VERSION.id })] }).decision.reason).toBe('has_run');
    expect(ask({ pipelineVersion }).decision).toMatchObject({
      reason: 'disabled',
      message: expect.stringContaining('./graft pipelines enable flowers'),
    });
  });

  it('starts nothing of a version that holds what another one holds that has a run, and does where none has', () => {
    const parent: DatasetVersion = { ...VERSION, id: digestOfText('version 1'), number: 1, parent: null };
    const { decision, identity } = ask({ sameVersions: [parent], runs: [run()] });
    expect(decision).toMatchObject({
      reason: 'nothing_new',
      runId: 'run-1',
      message: expect.stringMatching(
        /^version 2 of flowers holds the images and labels of version 1, of which run run-1 made version 4\./,
      ),
    });
    expect(identity).toBeNull();
    expect(ask({ sameVersions: [parent], runs: [run()], occasion: 'schedule' }).identity).toBeNull();
    // Nobody trained on that one, whose leaks have been dismissed since.
    expect(ask({ sameVersions: [{ ...parent, leaks: 2 }] }).decision.reason).toBe('starts');
  });

  it('blocks on leakage, unless the dataset only leaves it out', () => {
    const datasetVersion = { ...VERSION, leaks: 2 };
    const { decision, identity } = ask({ datasetVersion });
    expect(decision).toMatchObject({
      reason: 'leakage',
      message: expect.stringContaining('2 landed images would be both trained on and tested on in version'),
    });
    expect(identity).toBeNull();
    expect(ask({ datasetVersion, onLeakage: 'leave_out' }).decision.reason).toBe('starts');
  });

  it('waits for a request, or for the times of the crontab, which it names', () => {
    expect(ask({ pipelineVersion: pipelineOf({ trigger: { on: 'request' } }) }).decision).toMatchObject({
      reason: 'not_on_landing',
      notBefore: null,
    });
    const pipelineVersion = pipelineOf({ trigger: { on: 'schedule', cron: '0 3 * * 1' } });
    expect(ask({ pipelineVersion }).decision).toMatchObject({
      reason: 'not_on_landing',
      notBefore: '2026-03-09T03:00:00.000Z',
    });
    expect(ask({ pipelineVersion, occasion: 'schedule' }).decision.reason).toBe('starts');
    expect(ask({ pipelineVersion: pipelineOf({ trigger: { on: 'drift' } }) }).decision).toMatchObject({
      reason: 'starts',
      message: expect.stringContaining('while the model has no champion, it trains on every version'),
    });
  });

  it('keeps to the budget of a day, counted back from now, and says when it has room again', () => {
    const pipelineVersion = pipelineOf({ maxRunsPerDay: 2 });
    const runs = [run({ createdAt: hoursAgo(1) }), run({ createdAt: hoursAgo(20) }), run({ createdAt: hoursAgo(23) })];
    expect(ask({ pipelineVersion, runs }).decision).toMatchObject({
      reason: 'budget_used_up',
      // When the second newest is 24 hours old there is one left of the last 24 hours.
      notBefore: new Date(NOW.getTime() + 4 * 3_600_000).toISOString(),
    });
    expect(ask({ pipelineVersion, runs: runs.slice(0, 1) }).decision.reason).toBe('starts');
    expect(ask({ pipelineVersion, runs, now: new Date(NOW.getTime() + 4 * 3_600_000) }).decision.reason).toBe('starts');
  });

  it('does not count runs that were asked for, nor those that trained nothing', () => {
    const pipelineVersion = pipelineOf({ maxRunsPerDay: 1 });
    const free = [run({ asked: { by: 'ada', reason: 'why not' } }), run({ state: 'skipped' })];
    expect(ask({ pipelineVersion, runs: free }).decision.reason).toBe('starts');
    const failed = run({ state: 'failed', stage: 'train' });
    expect(ask({ pipelineVersion, runs: [...free, failed] }).decision).toMatchObject({
      reason: 'budget_used_up',
      message: expect.stringMatching(/^its 1 run of 24 hours has been had .* failed before training don't count/),
    });
  });

  it.each([
    ['failed', null, 'starts'],
    ['failed', 'plan', 'starts'],
    ['failed', 'embed', 'budget_used_up'],
    ['failed', 'train', 'budget_used_up'],
    ['running', 'plan', 'budget_used_up'],
    ['requested', null, 'budget_used_up'],
  ] as const)('of a budget of 1, with a run that is %s in stage %s, comes to: %s', (state, stage, reason) => {
    const pipelineVersion = pipelineOf({ maxRunsPerDay: 1 });
    expect(ask({ pipelineVersion, runs: [run({ state, stage })] }).decision.reason).toBe(reason);
  });
});

describe('readSameVersions', () => {
  const first: DatasetVersion = { ...VERSION, id: digestOfText('version 1'), number: 1, parent: null };
  const second: DatasetVersion = { ...VERSION, newImages: 0 };
  const third: DatasetVersion = { ...second, id: digestOfText('version 3'), number: 3, parent: second.id };
  const read = async (version: DatasetVersion | null): Promise<number[]> => {
    const get = async (id: string) => [first, second, third].find((each) => each.id === id) ?? null;
    return (await readSameVersions(get, version)).map(({ number }) => number);
  };

  it('goes back as far as images and labels are the same', async () => {
    expect(await read(third)).toEqual([2, 1]);
    expect(await read(second)).toEqual([1]);
    expect(await read(first)).toEqual([]);
    expect(await read(null)).toEqual([]);
  });

  it.each([
    ['a new image', { newImages: 1, images: 4, bySplit: { train: 2, val: 1, test: 1 } }],
    ['one taken out', { removed: 1, images: 2, bySplit: { train: 0, val: 1, test: 1 } }],
    ['one for another', { newImages: 1, removed: 1 }],
    ['another label', { relabelled: 1 }],
    ['another name of a label', { labels: ['rosa'] }],
    ['a label more', { labels: ['rose', 'tulip'] }],
  ])('stops at %s', async (_, changed) => {
    expect(await read({ ...third, ...changed })).toEqual([]);
  });
});

describe('readRuns', () => {
  it('reads the last day and those of the version, each once, newest first', async () => {
    const asked: RunFilter[] = [];
    const old = run({ id: 'old', createdAt: hoursAgo(90) });
    const fresh = run({ id: 'fresh' });
    const runs = await readRuns(
      async (filter) => {
        asked.push(filter);
        return filter.since === undefined ? [fresh, old] : [fresh];
      },
      { pipeline: 'flowers', datasetVersion: VERSION.id, now: NOW },
    );
    expect(runs.map(({ id }) => id)).toEqual(['fresh', 'old']);
    expect(asked).toEqual([
      { pipeline: 'flowers', since: hoursAgo(24), limit: 10_000 },
      { pipeline: 'flowers', datasetVersion: VERSION.id, limit: 10_000 },
    ]);
  });

  it('reads those of versions that hold the same as well', async () => {
    const other = { ...VERSION, id: digestOfText('version 1') };
    const runs = await readRuns(
      async ({ datasetVersion }) => (datasetVersion === other.id ? [run({ id: 'of same' })] : []),
      { ...{ pipeline: 'flowers', datasetVersion: VERSION.id, sameVersions: [other] }, now: NOW },
    );
    expect(runs.map(({ id }) => id)).toEqual(['of same']);
  });
});

describe('cron', () => {
  it.each([
    ['0 3 * * 1', null],
    ['*/15 8-17 * * mon-fri', null],
    ['0 0 1,15 * *', null],
    ['0 3 * *', 'expected five fields'],
    ['61 3 * * 1', '61'],
    ['0 3 L * *', '"L" is no field'],
    ['0 0 31 2 *', 'never comes'],
    ['0 3 * * 1#2', '"1#2" is no field'],
  ])('%s', (cron, problem) => {
    if (problem === null) expect(cronProblem(cron)).toBeNull();
    else expect(cronProblem(cron)).toContain(problem);
  });

  it('counts in UTC', () => {
    expect(nextCron('30 1 * * *', new Date('2026-03-29T01:15:00Z'))?.toISOString()).toBe('2026-03-29T01:30:00.000Z');
    expect(nextCron('30 1 * * *', new Date('2026-03-29T01:30:00Z'))?.toISOString()).toBe('2026-03-30T01:30:00.000Z');
  });
});
