import { describe, expect, it } from '@jest/globals';
import { writeDocument } from '@graft/artifacts';
import {
  AppError,
  datasetRootSchema,
  digestOfText,
  driftSchema,
  pipelineDigest,
  pipelineSchema,
  trainDigest,
  type NewDatasetVersion,
  type Pipeline,
  type PipelineVersion,
  type Promotion,
  type Replica,
} from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import { createWorld, testScope, type World } from '../../testing/activity-world.js';
import { createControlActivities } from './create-control-activities.js';
import type { ControlDependencies } from './dependencies.js';
import { hasSwapped, judgePrepared } from './promotions.js';
import { toReviewTerms } from './register-version.js';
import { tellNoDrift } from './skip-run.js';

const VERSION_1 = digestOfText('dataset version 1');

const control = (world: World, registry: Partial<Registry> = {}, overrides: Partial<ControlDependencies> = {}) =>
  createControlActivities({
    ...world,
    registry: { ...world.registry, ...registry } as ControlDependencies['registry'],
    code: { graft: '0.1.0', commit: null },
    pollMs: 1,
    ...overrides,
  });

const pipelineVersion = (pipeline: Partial<Pipeline>, { number = 1, enabled = true } = {}): PipelineVersion => {
  const parsed = pipelineSchema.parse({
    schemaVersion: 'pipeline.v1',
    name: 'p',
    data: { dataset: 'flowers' },
    ...pipeline,
  });
  return {
    name: parsed.name,
    number,
    digest: pipelineDigest(parsed),
    pipeline: parsed,
    yaml: '',
    enabled,
    createdAt: '2026-01-01T00:00:00Z',
  };
};

const VERSION_OF_FLOWERS: NewDatasetVersion = {
  id: VERSION_1,
  dataset: 'flowers',
  parent: null,
  labels: ['rose'],
  images: 1,
  newImages: 1,
  bySplit: { train: 1, val: 0, test: 0 },
  bySource: { landing: 1 },
  quarantine: null,
  quarantined: 0,
  landingLog: null,
  ingestSeconds: 1,
};
const NEXT = { id: digestOfText('dataset version 2'), parent: VERSION_1 };

const worldWithVersion = async (): Promise<World> => {
  const world = createWorld();
  await world.registry.putDataset('flowers', {});
  await world.registry.createDatasetVersion(VERSION_OF_FLOWERS);
  return world;
};

describe('reconcileLandings', () => {
  it('wakes the watchers of datasets where something is new, with the same fingerprint for the same listing', async () => {
    const world = createWorld();
    for (const name of ['flowers', 'birds']) await world.registry.putDataset(name, {});
    await world.landing.put('flowers/rose/1.png', Uint8Array.of(1));
    await world.landing.put('stones/grey/1.png', Uint8Array.of(1));
    const { reconcileLandings } = control(world);
    expect(await reconcileLandings()).toEqual({ signalled: ['flowers'] });
    await reconcileLandings();
    await world.landing.put('flowers/rose/1.png', Uint8Array.of(2));
    await reconcileLandings();
    const [first, again, changed] = world.signals.map(({ hint }) => hint.fingerprint);
    expect(again).toBe(first);
    expect(changed).not.toBe(first);
  });

  it('lists a dataset less often the longer its listing takes', async () => {
    const world = createWorld();
    await world.registry.putDataset('flowers', {});
    await world.landing.put('flowers/rose/1.png', Uint8Array.of(1));
    const pass = (seconds: number): void => {
      world.clock.now = new Date(world.clock.now.getTime() + seconds * 1000);
    };
    const { reconcileLandings } = control({
      ...world,
      unseenObjects: async function* slowly(dataset, version) {
        pass(3);
        yield* world.unseenObjects(dataset, version);
      },
    });
    const found = [];
    for (let half = 0; half < 5; half += 1) {
      found.push((await reconcileLandings()).signalled.length);
      pass(30);
    }
    expect(found).toEqual([1, 0, 1, 0, 1]);
  });

  it('finds what landed before its dataset was made', async () => {
    const world = createWorld();
    await world.landing.put('stones/grey/1.png', Uint8Array.of(1));
    const { reconcileLandings, countLanded } = control(world);
    expect(await reconcileLandings()).toEqual({ signalled: [] });
    await world.registry.putDataset('stones', {});
    expect(await reconcileLandings()).toEqual({ signalled: ['stones'] });
    expect(await countLanded({ dataset: 'stones' })).toMatchObject({ objects: 1 });
  });
});

describe('a paused dataset', () => {
  const PAUSED = { by: 'ada', at: '2026-01-01T00:00:00Z' };

  it('is left alone, and loses nothing: all that landed meanwhile is found when it goes on', async () => {
    const world = createWorld();
    await world.registry.putDataset('flowers', {});
    world.registry.setPaused('flowers', PAUSED);
    const { reconcileLandings, readDatasetPolicy, countLanded } = control(world);
    expect(await readDatasetPolicy({ dataset: 'flowers' })).toMatchObject({ paused: PAUSED, minPerLabel: 1 });
    for (let i = 0; i < 40; i += 1) await world.landing.put(`flowers/rose/${i}.png`, Uint8Array.of(i));
    expect(await reconcileLandings()).toEqual({ signalled: [] });
    expect(await world.registry.getWatch('flowers')).toMatchObject({ state: 'paused', objects: 40 });
    world.registry.setPaused('flowers', null);
    expect(await reconcileLandings()).toEqual({ signalled: ['flowers'] });
    expect(await countLanded({ dataset: 'flowers' })).toEqual({ objects: 40, enough: true, lacking: [] });
  });

  it('is told of once for each number of objects that wait, and not while an ingestion is under way', async () => {
    const world = createWorld();
    await world.registry.putDataset('flowers', {});
    world.registry.setPaused('flowers', PAUSED);
    const told: (number | null)[] = [];
    const { reconcileLandings } = control({
      ...world,
      registry: {
        ...world.registry,
        reportWatch: async (name, status) => {
          told.push(status.objects);
          await world.registry.reportWatch(name, status);
        },
      },
    });
    const ingesting = { state: 'ingesting' as const, objects: null, lacking: [], dueAt: null, message: '' };
    await world.registry.reportWatch('flowers', ingesting);
    await world.landing.put('flowers/rose/1.png', Uint8Array.of(1));
    await reconcileLandings();
    expect(told).toEqual([]);
    await world.registry.reportWatch('flowers', { ...ingesting, state: 'idle' });
    await reconcileLandings();
    await reconcileLandings();
    await world.landing.put('flowers/rose/2.png', Uint8Array.of(2));
    await reconcileLandings();
    expect(told).toEqual([1, 2]);
  });
});

describe('corrections that no version has', () => {
  it('wake the watcher without a landing, at once, until a version has taken them in', async () => {
    const world = await worldWithVersion();
    await world.registry.createCorrection('flowers', {
      reason: 'mixed up',
      actions: [{ action: 'remove', images: [VERSION_1] }],
    });
    const { reconcileLandings } = control(world);
    expect(await reconcileLandings()).toEqual({ signalled: ['flowers'] });
    expect(world.signals[0]?.hint).toMatchObject({ urgent: true });
    await world.registry.createDatasetVersion({ ...VERSION_OF_FLOWERS, ...NEXT, corrections: 1 });
    expect(await reconcileLandings()).toEqual({ signalled: [] });
  });
});

describe('countLanded', () => {
  it('counts each label with the images that the dataset has of it, under the name that it has now', async () => {
    const world = createWorld();
    await world.registry.putDataset('flowers', {});
    const root = await writeDocument(world.blobs, datasetRootSchema, {
      ...{ schemaVersion: 'dataset-version.v1', dataset: 'flowers', labels: ['rose', 'lily', 'gone'], shards: [] },
      ...{ images: 9, bySplit: { train: 9, val: 0, test: 0 }, bySource: {}, renamed: { lilly: 'lily' } },
      byLabel: {
        rose: { train: 5, val: 1, test: 1 },
        lily: { train: 2, val: 0, test: 0 },
        gone: { train: 0, val: 0, test: 0 },
      },
    });
    await world.registry.createDatasetVersion({ ...VERSION_OF_FLOWERS, id: root });
    for (const key of ['lilly/1.png', 'train/lily/2.png', 'tulip/1.png', 'too/many/folders/1.png', 'x.txt'])
      await world.landing.put(`flowers/${key}`, Uint8Array.of(1));
    const { countLanded } = control(world);
    expect(await countLanded({ dataset: 'flowers', minNewImages: 5, minPerLabel: 5 })).toEqual({
      objects: 5,
      enough: false,
      lacking: [
        { label: 'lily', images: 4, needed: 5 },
        { label: 'tulip', images: 1, needed: 5 },
      ],
    });
    expect(await countLanded({ dataset: 'flowers', minNewImages: 5 })).toMatchObject({ enough: true, lacking: [] });
    expect(await countLanded({ dataset: 'flowers', minNewImages: 6 })).toMatchObject({ enough: false });
    await world.landing.put('flowers/more.zip', Uint8Array.of(1));
    expect(await countLanded({ dataset: 'flowers', minNewImages: 60, minPerLabel: 60 })).toMatchObject({
      enough: true,
    });
  });
});

describe('what is told of watching', () => {
  it('opens an ingestion once, and says how far it has come', async () => {
    const told: unknown[] = [];
    const note =
      (name: string) =>
      async (...args: unknown[]) =>
        void told.push([name, ...args]);
    const { reportIngestion, reportWatch } = control(createWorld(), {
      openIngestion: note('open') as never,
      patchIngestion: note('patch') as never,
      reportWatch: note('watch') as never,
    });
    const ingestion = { id: 'ingest/flowers/a-1', dataset: 'flowers', objects: 4, corrections: 0 };
    await reportIngestion({ ingestion, patch: { inspected: 2 } });
    const status = { state: 'idle' as const, objects: null, lacking: [], dueAt: null, message: '' };
    await reportWatch({ dataset: 'flowers', status });
    expect(told).toEqual([
      ['open', ingestion],
      ['patch', ingestion.id, { inspected: 2 }],
      ['watch', 'flowers', status],
    ]);
  });
});

describe('skipRun', () => {
  const drift = driftSchema.parse({
    ...{ schemaVersion: 'drift.v1', reference: VERSION_1, current: VERSION_1, referenceImages: 100, newImages: 20 },
    features: { statistic: 0.1, p: 0.2143, permutations: 1000, alpha: 0.01, detected: false },
    ...{ labels: null, farthest: [] },
  });

  it('says what was measured', async () => {
    const world = await worldWithVersion();
    world.registry.pipelines.push(pipelineVersion({}));
    const { skipRun, openRun, missingRuns } = control(world, { getDeployment: async () => null });
    const [missing] = await missingRuns();
    if (!missing) throw new Error('nothing missing');
    const { runId } = await openRun(missing);
    await skipRun({ runId, drift: await writeDocument(world.blobs, driftSchema, drift) });
    expect(await world.registry.getRun(runId)).toMatchObject({
      state: 'skipped',
      error: {
        code: 'no_drift',
        message:
          'the 20 new images have not drifted from what the champion learned from: features p = 0.214, labels could not be compared, quality could not be compared',
      },
    });
    expect(await missingRuns()).toEqual([]);
    await skipRun({ runId, drift: null });
    expect((await world.registry.getRun(runId)).error?.message).toContain('this very version');
  });

  it.each([
    [0, 'nothing could be compared with what the champion learned from: the version has no new training image'],
    [
      3,
      "nothing could be compared with what the champion learned from: 3 new training images beside 100 of the champion's are too few to tell of drift",
    ],
  ])('claims nothing of %d new images that could not be compared', (newImages, message) => {
    expect(tellNoDrift({ ...drift, newImages, features: null })).toBe(message);
  });
});

describe('dueRuns', () => {
  it('is what the schedule of a pipeline starts: the latest version, where it has no run', async () => {
    const world = await worldWithVersion();
    world.registry.pipelines.push(pipelineVersion({ trigger: { on: 'schedule', cron: '0 3 * * *' } }));
    const { dueRuns, missingRuns, openRun } = control(world, { getDeployment: async () => null });
    expect(await missingRuns()).toEqual([]);
    const [due] = await dueRuns({ pipeline: 'p' });
    if (!due) throw new Error('nothing due');
    expect(due).toMatchObject({ pipeline: 'p', datasetVersion: VERSION_1, attempt: 1 });
    await openRun(due);
    expect(await dueRuns({ pipeline: 'p' })).toEqual([]);
  });
});

describe('subscribedPipelines', () => {
  it('names each enabled pipeline of the dataset by what decides its run', async () => {
    const world = await worldWithVersion();
    const version = pipelineVersion({});
    world.registry.pipelines.push(
      version,
      pipelineVersion({ name: 'off' }, { enabled: false }),
      pipelineVersion({ name: 'other', data: { dataset: 'birds' } }),
    );
    expect(await control(world).subscribedPipelines({ dataset: 'flowers', datasetVersion: VERSION_1 })).toEqual([
      {
        pipeline: 'p',
        pipelineDigest: version.digest,
        trainDigest: trainDigest(version.pipeline),
        datasetVersion: VERSION_1,
        attempt: 1,
      },
    ]);
  });

  it('leaves out a version of the same images and labels as one that has a run', async () => {
    const world = await worldWithVersion();
    world.registry.pipelines.push(pipelineVersion({}));
    const { subscribedPipelines, missingRuns, openRun } = control(world, { getDeployment: async () => null });
    await world.registry.createDatasetVersion({ ...VERSION_OF_FLOWERS, ...NEXT, newImages: 0, corrections: 1 });
    const next = { dataset: 'flowers', datasetVersion: NEXT.id };
    const [identity] = await subscribedPipelines({ dataset: 'flowers', datasetVersion: VERSION_1 });
    expect(await subscribedPipelines(next)).toHaveLength(1);
    if (!identity) throw new Error('no identity');
    await openRun(identity);
    expect(await subscribedPipelines(next)).toEqual([]);
    expect(await missingRuns()).toEqual([]);
  });

  it('leaves out a pipeline whose runs of the last 24 hours use its budget up', async () => {
    const world = await worldWithVersion();
    world.registry.pipelines.push(pipelineVersion({ maxRunsPerDay: 1 }));
    const { subscribedPipelines, openRun } = control(world, { getDeployment: async () => null });
    const [identity] = await subscribedPipelines({ dataset: 'flowers', datasetVersion: VERSION_1 });
    if (!identity) throw new Error('no identity');
    await openRun(identity);
    await world.registry.createDatasetVersion({ ...VERSION_OF_FLOWERS, ...NEXT });
    const next = { dataset: 'flowers', datasetVersion: NEXT.id };
    expect(await subscribedPipelines(next)).toEqual([]);
    world.clock.now = new Date('2026-01-02T00:00:01Z');
    expect(await subscribedPipelines(next)).toHaveLength(1);
  });
});

describe('missingRuns', () => {
  it('names pipelines without any run of the latest version, and none that ran, failed or not', async () => {
    const world = await worldWithVersion();
    await world.registry.putDataset('birds', {});
    const { missingRuns, openRun, closeRun } = control(world, { getDeployment: async () => null });
    expect(await missingRuns()).toEqual([]);
    world.registry.pipelines.push(pipelineVersion({}));
    const [missing] = await missingRuns();
    if (!missing) throw new Error('nothing missing');
    expect(missing).toMatchObject({ pipeline: 'p', datasetVersion: VERSION_1 });
    const { runId } = await openRun(missing);
    await closeRun({ runId, state: 'failed', error: { code: 'dataset_unfit', message: 'one label' } });
    expect(await missingRuns()).toEqual([]);
    world.registry.pipelines.push(pipelineVersion({ train: { epochs: 3 } as Pipeline['train'] }, { number: 2 }));
    expect(await missingRuns()).toEqual([]);
  });
});

describe('openRun', () => {
  const identityOf = ({ name, digest, pipeline }: PipelineVersion) => ({
    pipeline: name,
    pipelineDigest: digest,
    trainDigest: trainDigest(pipeline),
    datasetVersion: VERSION_1,
    attempt: 1,
  });

  it('opens one run however often it is asked, of the pipeline as it was when the run was asked for', async () => {
    const world = createWorld();
    const first = pipelineVersion({});
    world.registry.pipelines.push(first, pipelineVersion({ maxRunsPerDay: 3 }, { number: 2 }));
    const { openRun } = control(world, {
      getDeployment: () => Promise.reject(new AppError('not_found', 'no model p')),
    });
    const opened = await openRun(identityOf(first));
    expect(opened).toMatchObject({ model: 'p', pipeline: { maxRunsPerDay: null }, champion: null });
    expect((await openRun(identityOf(first))).runId).toBe(opened.runId);
  });

  it('says which champion there is, and what it learned from', async () => {
    const world = createWorld();
    const version = pipelineVersion({ model: 'm', rollout: { environment: 'staging' } as Pipeline['rollout'] });
    world.registry.pipelines.push(version);
    const { openRun } = control(world, {
      getDeployment: async (model: string, environment: string) =>
        ({ model, environment, generation: 4, target: { version: 2, artifactDigest: VERSION_1 } }) as never,
      getModelVersion: async () => ({ lineage: { datasetVersion: digestOfText('older') } }) as never,
    });
    expect((await openRun(identityOf(version))).champion).toEqual({
      version: 2,
      generation: 4,
      artifactDigest: VERSION_1,
      datasetVersion: digestOfText('older'),
    });
  });

  it('refuses a pipeline that never was, and a run that ended', async () => {
    const world = createWorld();
    const version = pipelineVersion({});
    world.registry.pipelines.push(version);
    const { openRun, closeRun } = control(world, { getDeployment: async () => null });
    const unknown = { ...identityOf(version), pipelineDigest: digestOfText('nothing') };
    await expect(openRun(unknown)).rejects.toMatchObject({ code: 'not_found' });
    const { runId } = await openRun(identityOf(version));
    await closeRun({ runId, state: 'cancelled', error: { code: 'cancelled', message: 'it was cancelled' } });
    expect(await world.registry.getRun(runId)).toMatchObject({ state: 'cancelled', error: { code: 'cancelled' } });
    await expect(openRun(identityOf(version))).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('toReviewTerms', () => {
  const terms = (verdict: 'pass' | 'fail' | 'insufficient', policy: object = {}) => {
    const { pipeline } = pipelineVersion(policy as Partial<Pipeline>);
    return toReviewTerms(pipeline, { gate: { verdict, superior: false, checks: [] } });
  };
  it('blocks what failed, and promotes by itself only what passed', () => {
    const automatic = { review: { autoPromote: true, approvals: 2 } };
    expect(terms('fail', automatic)).toEqual({ blocked: true, autoPromote: false, requiredApprovals: 2 });
    expect(terms('pass', automatic)).toMatchObject({ blocked: false, autoPromote: true });
    expect(terms('insufficient', automatic)).toMatchObject({ blocked: false, autoPromote: false });
    expect(terms('insufficient', { gate: { onInsufficient: 'block' } })).toMatchObject({ blocked: true });
  });
});

const PROMOTION: Promotion = {
  id: 'promotion-1',
  model: 'p',
  environment: 'production',
  version: 2,
  variant: 'fp32',
  expectedGeneration: 3,
  state: 'preparing',
  generation: null,
  skipStages: false,
  by: 'ann',
  reason: 'better',
  error: null,
  createdAt: '2026-01-01T00:00:00Z',
  updatedAt: '2026-01-01T00:00:00Z',
};

const replica = (id: string, facts: Partial<Replica> = {}): Replica => ({
  id,
  environment: 'production',
  url: 'http://127.0.0.1:1',
  cpuClass: 'avx2',
  leaseSeconds: 5,
  serving: [],
  prepared: [],
  problems: [],
  trials: [],
  live: true,
  renewedAt: '2026-01-01T00:00:00Z',
  expiresAt: '2026-01-01T00:00:05Z',
  ...facts,
});
const prepared = (id: string, ok = true, error?: string): Replica =>
  replica(id, { prepared: [{ promotionId: PROMOTION.id, ok, ...(error ? { error } : {}) }] });
const serving = (id: string, epoch: number, generation: number): Replica =>
  replica(id, { serving: [{ model: 'p', epoch, generation, version: 2, artifactDigest: VERSION_1 }] });

describe('judgePrepared', () => {
  it('wants the share of live replicas that the policy says, and at least one', () => {
    expect(judgePrepared(PROMOTION, [], 1)).toEqual({ prepared: 0, needed: 1, done: false });
    expect(judgePrepared(PROMOTION, [prepared('a'), replica('b')], 1).done).toBe(false);
    expect(judgePrepared(PROMOTION, [prepared('a'), replica('b')], 0.5).done).toBe(true);
    expect(judgePrepared(PROMOTION, [prepared('a'), prepared('b')], 1).done).toBe(true);
  });
  it('refuses, with the causes, as soon as the quorum cannot be met any more', () => {
    const live = [prepared('a'), prepared('b', false, 'digest mismatch')];
    expect(() => judgePrepared(PROMOTION, live, 1)).toThrow(/b: digest mismatch/);
    expect(judgePrepared(PROMOTION, live, 0.5).done).toBe(true);
  });
});

describe('hasSwapped', () => {
  it('takes the same generation, a newer one, or a newer epoch', () => {
    const wanted = { model: 'p', epoch: 2, generation: 4 };
    expect(
      [serving('a', 2, 3), serving('a', 2, 4), serving('a', 2, 5), serving('a', 3, 1), serving('a', 1, 9)].map((each) =>
        hasSwapped(each, wanted),
      ),
    ).toEqual([false, true, true, true, false]);
    expect(hasSwapped(replica('a'), wanted)).toBe(false);
  });
});

describe('waiting on replicas', () => {
  const rollout = {
    getPromotion: async () => PROMOTION,
    getModelVersion: async () => ({ lineage: { pipeline: 'p' } }) as never,
    getPipeline: async () => pipelineVersion({}),
  };

  it('ends once all have prepared', async () => {
    const answers = [[replica('a')], [prepared('a'), replica('b')], [prepared('a'), prepared('b')]];
    let looks = 0;
    const registry = { ...rollout, listReplicas: async () => answers[Math.min(looks++, 2)] ?? [] };
    await control(createWorld(), registry).awaitPrepared({ promotionId: PROMOTION.id });
    expect(looks).toBe(3);
  });

  it('gives up, for a person to read, when no replica lives or too few prepare in time', async () => {
    const world = createWorld();
    world.clock.now = new Date('2026-01-01T00:01:01Z');
    const none = control(world, { ...rollout, listReplicas: async () => [] });
    await expect(none.awaitPrepared({ promotionId: PROMOTION.id })).rejects.toMatchObject({
      type: 'timeout',
      nonRetryable: true,
      message: expect.stringMatching(/no live replica in production.*start serving with GRAFT_ENVIRONMENT=production/),
    });
    const few = control(world, { ...rollout, listReplicas: async () => [prepared('a'), replica('b')] });
    await expect(few.awaitPrepared({ promotionId: PROMOTION.id })).rejects.toThrow(/1 of 2 live replicas/);
  });

  it('stops waiting when it is cancelled', async () => {
    const world = createWorld();
    const stopping = new AbortController();
    const registry = { ...rollout, listReplicas: async () => [replica('a')] };
    const waiting = control(world, registry, { scope: () => testScope(stopping.signal), pollMs: 60_000 }).awaitPrepared(
      {
        promotionId: PROMOTION.id,
      },
    );
    setTimeout(() => stopping.abort(), 10);
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('finishes the promotion when every live replica serves the generation or a newer one', async () => {
    const finished: string[] = [];
    const answers = [[serving('a', 1, 3)], [serving('a', 1, 4), serving('b', 1, 5)]];
    let looks = 0;
    const registry = {
      getPromotion: async () => ({ ...PROMOTION, state: 'committed' as const, generation: 4 }),
      getDeployment: async () => ({ epoch: 1 }) as never,
      listReplicas: async () => answers[Math.min(looks++, 1)] ?? [],
      finishPromotion: async (id: string) => {
        finished.push(id);
        return PROMOTION;
      },
    };
    await control(createWorld(), registry).awaitSwapped({ promotionId: PROMOTION.id });
    expect({ finished, looks }).toEqual({ finished: ['promotion-1'], looks: 2 });
  });
});
