/** How datasets are watched, why runs start, and runs that are asked for: HTTP adapter → server → PostgreSQL. */
import { trainDigest, type NewWatchStatus } from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createWorkshop, datasetVersion, digest, pipelineYaml } from './testing/entities.js';
import { failure } from './testing/failure.js';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

let registry: TestRegistry;
let admin: Registry;
let service: Registry;

beforeAll(async () => {
  registry = await startTestRegistry();
  admin = registry.as('admin');
  service = registry.as('service');
});
afterAll(async () => registry.stop());

const status = (fields: Partial<NewWatchStatus> = {}): NewWatchStatus => ({
  ...{ state: 'idle', objects: null, lacking: [], dueAt: null, message: 'nothing landed' },
  ...fields,
});

describe('pausing', () => {
  it('keeps who stopped it first, refuses a look meanwhile, and goes on once', async () => {
    await admin.putDataset('paused', {});
    const paused = await registry.as('trainer').pauseDataset('paused');
    expect(paused.paused).toMatchObject({ by: 'trainer' });
    expect(await admin.pauseDataset('paused')).toEqual(paused);
    const refused = await failure(admin.askLook('paused'));
    expect([refused.code, refused.message]).toEqual([
      'refused',
      expect.stringMatching(/paused by trainer at .*graft data resume paused/),
    ]);
    expect(await admin.getWatch('paused')).toMatchObject({
      state: 'paused',
      message: expect.stringContaining('trainer'),
    });
    expect((await admin.resumeDataset('paused')).paused).toBeNull();
    expect((await admin.resumeDataset('paused')).paused).toBeNull();
    expect((await admin.askLook('paused')).lookAskedAt).not.toBeNull();
  });

  it('is not for those who only look, and not of what is not there', async () => {
    expect((await failure(registry.as('viewer').pauseDataset('paused'))).code).toBe('forbidden');
    expect((await failure(admin.pauseDataset('nowhere'))).code).toBe('not_found');
    expect((await failure(registry.as('trainer').reportWatch('paused', status()))).code).toBe('forbidden');
  });

  it('tells whoever listens', async () => {
    const stopping = new AbortController();
    const heard: string[] = [];
    const listening = (async () => {
      for await (const { kind, subject } of admin.events({ signal: stopping.signal, after: 0 }))
        if (kind === 'dataset' && subject === 'paused' && heard.push(subject) === 3) stopping.abort();
    })();
    await listening.catch(() => undefined);
    expect(heard).toHaveLength(3);
  });
});

describe('what a watcher tells', () => {
  it('is kept with its time; a paused dataset is paused whatever its watcher last told', async () => {
    await admin.putDataset('watched', {});
    expect(await admin.getWatch('watched')).toBeNull();
    const lacking = [{ label: 'bees', images: 3, needed: 10 }];
    await service.reportWatch('watched', status({ state: 'waiting', lacking }));
    const told = await admin.getWatch('watched');
    expect(told).toMatchObject({ state: 'waiting', lacking });
    expect(Math.abs(Date.now() - Date.parse(told?.at ?? ''))).toBeLessThan(60_000);
    await service.reportWatch('watched', status({ state: 'paused' }));
    expect((await admin.getWatch('watched'))?.state).toBe('idle');
    await admin.pauseDataset('watched');
    await service.reportWatch('watched', status({ state: 'ingesting' }));
    expect((await admin.getWatch('watched'))?.state).toBe('ingesting');
    await service.reportWatch('watched', status());
    expect((await admin.getWatch('watched'))?.state).toBe('paused');
  });

  it('ingestions are one for an id, end once, and take no news after that', async () => {
    await admin.putDataset('ingested', {});
    const id = `ingest/ingested/${'a'.repeat(200)}-0`;
    const opened = await service.openIngestion({ id, dataset: 'ingested', objects: 10, corrections: 0 });
    expect(opened).toMatchObject({ state: 'running', inspected: 0, finishedAt: null });
    expect(await service.openIngestion({ id, dataset: 'ingested', objects: 99, corrections: 0 })).toEqual(opened);
    expect(await service.patchIngestion(id, { inspected: 4 })).toMatchObject({ inspected: 4, state: 'running' });
    const end = { state: 'succeeded' as const, inspected: 10, newImages: 7, duplicates: 2, quarantined: 1 };
    const ended = await service.patchIngestion(id, end);
    expect(ended).toMatchObject({ ...end, finishedAt: expect.any(String) });
    expect(await service.patchIngestion(id, { inspected: 5 })).toEqual(ended);
    expect(await service.patchIngestion(id, end)).toEqual(ended);
    const error = { code: 'internal', message: 'x' };
    expect((await failure(service.patchIngestion(id, { state: 'failed', error }))).code).toBe('conflict');
    const failed = { id: 'ingest/ingested/b-0', dataset: 'ingested', objects: 1, corrections: 0 };
    await service.openIngestion(failed);
    expect(await service.patchIngestion(failed.id, { state: 'failed', error })).toMatchObject({ error });
    expect((await admin.listIngestions('ingested')).map((each) => each.id)).toEqual([failed.id, id]);
    expect(await admin.listIngestions('ingested', { limit: 1 })).toHaveLength(1);
    expect((await failure(service.openIngestion({ ...failed, dataset: 'watched' }))).code).toBe('conflict');
    expect((await failure(service.patchIngestion('nothing', {}))).code).toBe('not_found');
  });

  it('ingestions end with a version of their dataset that there is, and with an error when they fail, and only then', async () => {
    const id = 'ingest/ingested/c-0';
    await service.openIngestion({ id, dataset: 'ingested', objects: 1, corrections: 0 });
    const elsewhere = await admin.createDatasetVersion(datasetVersion('watched', 1, null));
    const refusals = [
      [{ datasetVersion: digest('nowhere') }, 'not_found'],
      [{ datasetVersion: elsewhere.id }, 'invalid_request'],
      [{ error: { code: 'internal', message: 'x' } }, 'invalid_request'],
      [{ state: 'failed' as const }, 'invalid_request'],
    ] as const;
    for (const [patch, code] of refusals) expect((await failure(service.patchIngestion(id, patch))).code).toBe(code);
    expect((await admin.listIngestions('ingested'))[0]).toMatchObject({ id, state: 'running', datasetVersion: null });
  });
});

describe('pipelines', () => {
  it('are switched off and on, and stay off when their file changes', async () => {
    await admin.applyPipeline(pipelineYaml('switched'));
    expect(await admin.patchPipeline('switched', { enabled: false })).toMatchObject({ number: 1, enabled: false });
    expect(await admin.applyPipeline(pipelineYaml('switched', 'maxRunsPerDay: 3\n'))).toMatchObject({
      number: 2,
      enabled: false,
    });
    expect(await admin.patchPipeline('switched', { enabled: true })).toMatchObject({ number: 2, enabled: true });
    expect((await failure(admin.patchPipeline('unknown', { enabled: true }))).code).toBe('not_found');
    expect((await failure(registry.as('viewer').patchPipeline('switched', { enabled: false }))).code).toBe('forbidden');
  });
});

describe('runs that are asked for', () => {
  it('are made once, on the latest version, and say who asked for them', async () => {
    const shop = await createWorkshop(admin, 'asked');
    const trainer = registry.as('trainer');
    const first = await trainer.requestRun('asked', { reason: 'the label was fixed' });
    expect(first).toMatchObject({
      created: true,
      run: { state: 'requested', attempt: 1, datasetVersion: shop.datasetVersion.id, finishedAt: null },
    });
    expect(first.run.asked).toEqual({ by: 'trainer', reason: 'the label was fixed' });
    expect(first.run.workflowId).toBe(
      `retrain/asked/${shop.datasetVersion.id}/${trainDigest(shop.pipeline.pipeline)}/1`,
    );
    expect(await admin.requestRun('asked', { reason: 'me too' })).toEqual({ created: false, run: first.run });
    const early = await failure(admin.requestRun('asked', { reason: 'again', again: true }));
    expect([early.code, early.message]).toEqual(['conflict', expect.stringContaining(first.run.id)]);
    expect(await admin.listRuns({ state: 'requested', pipeline: 'asked' })).toEqual([first.run]);
    await service.patchRun(first.run.id, { state: 'running' });
    await service.patchRun(first.run.id, { state: 'failed', error: { code: 'internal', message: 'no disk' } });
    const second = await admin.requestRun('asked', { reason: 'there is room now', again: true });
    expect(second).toMatchObject({ created: true, run: { attempt: 2 } });
    const filter = { datasetVersion: shop.datasetVersion.id, since: new Date(Date.now() - 60_000).toISOString() };
    expect((await admin.listRuns(filter)).map(({ attempt }) => attempt)).toEqual([2, 1]);
    expect(await admin.listRuns({ ...filter, since: new Date(Date.now() + 60_000).toISOString() })).toEqual([]);
  });

  it('are called off: at once where nothing works for them, else when their workflow has let go', async () => {
    await createWorkshop(admin, 'unwanted');
    const { run } = await admin.requestRun('unwanted', { reason: 'now' });
    expect((await failure(registry.as('viewer').cancelRun(run.id, { reason: 'x' }))).code).toBe('forbidden');
    const off = await registry.as('trainer').cancelRun(run.id, { reason: 'the rate was wrong' });
    expect(off).toMatchObject({ state: 'cancelled', error: { message: 'called off by trainer: the rate was wrong' } });
    expect(off.finishedAt).not.toBeNull();
    expect(await admin.cancelRun(run.id, { reason: 'me too' })).toEqual(off);

    const second = await admin.requestRun('unwanted', { reason: 'again', again: true });
    await service.patchRun(second.run.id, { state: 'running' });
    const going = await admin.cancelRun(second.run.id, { reason: 'enough' });
    expect(going).toMatchObject({ state: 'cancelling', finishedAt: null, error: { code: 'cancelled' } });
    const early = await failure(admin.requestRun('unwanted', { reason: 'again', again: true }));
    expect([early.code, early.message]).toEqual(['conflict', expect.stringContaining('cancelling')]);
    await service.patchRun(second.run.id, { state: 'cancelled', error: going.error });
    const third = await admin.requestRun('unwanted', { reason: 'again', again: true });
    await service.patchRun(third.run.id, { state: 'running' });
    await service.patchRun(third.run.id, { state: 'failed', error: { code: 'internal', message: 'no disk' } });
    expect(await failure(admin.cancelRun(third.run.id, { reason: 'late' }))).toMatchObject({ code: 'conflict' });
  });

  it('are one when twenty ask at once', async () => {
    await createWorkshop(admin, 'crowded');
    const all = await Promise.all(Array.from({ length: 20 }, () => admin.requestRun('crowded', { reason: 'now' })));
    expect(all.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(all.map(({ run }) => run.id)).size).toBe(1);
  });

  it('want a version of their own dataset, without leakage', async () => {
    await admin.applyPipeline(pipelineYaml('early'));
    expect((await failure(admin.requestRun('early', { reason: 'x' }))).code).toBe('not_found');
    expect((await failure(admin.requestRun('unknown', { reason: 'x' }))).code).toBe('not_found');
    const other = await createWorkshop(admin, 'other');
    const foreign = { reason: 'x', datasetVersion: other.datasetVersion.id };
    expect((await failure(admin.requestRun('early', foreign))).code).toBe('invalid_request');
    await admin.createDatasetVersion({ ...datasetVersion('early-images', 1, null), leaks: 2 });
    const leaking = await failure(admin.requestRun('early', { reason: 'x' }));
    expect([leaking.code, leaking.message]).toEqual(['refused', expect.stringContaining('2 landed images')]);
    await admin.putDataset('early-images', { onLeakage: 'leave_out' });
    expect(await admin.requestRun('early', { reason: 'x' })).toMatchObject({ created: true });
    expect((await failure(registry.as('viewer').requestRun('early', { reason: 'x' }))).code).toBe('forbidden');
  });
});

describe('explainDataset', () => {
  it('tells what is watched, what came of it, and the reason of each pipeline', async () => {
    const yaml = (name: string, extra: string): string =>
      pipelineYaml(name, extra).replace(`dataset: ${name}-images`, 'dataset: told');
    for (const [name, extra] of [
      ['told-a', ''],
      ['told-b', 'trigger: { on: request }\n'],
      ['told-c', "trigger: { on: schedule, cron: '0 3 * * *' }\n"],
      ['told-d', ''],
    ] as const)
      await admin.applyPipeline(yaml(name, extra));
    await admin.patchPipeline('told-d', { enabled: false });
    const reasons = async (): Promise<unknown> =>
      (await admin.explainDataset('told')).pipelines.map(({ pipeline, reason }) => [pipeline, reason]);
    expect(await reasons()).toEqual([
      ['told-a', 'no_version'],
      ['told-b', 'no_version'],
      ['told-c', 'no_version'],
      ['told-d', 'no_version'],
    ]);
    const version = await admin.createDatasetVersion(datasetVersion('told', 1, null));
    for (let i = 0; i < 5; i += 1)
      await service.openIngestion({ id: `ingest/told/${i}`, dataset: 'told', objects: i, corrections: 0 });
    expect(await reasons()).toEqual([
      ['told-a', 'starts'],
      ['told-b', 'not_on_landing'],
      ['told-c', 'not_on_landing'],
      ['told-d', 'disabled'],
    ]);
    const { run } = await admin.requestRun('told-d', { reason: 'off, and yet' });
    const story = await registry.as('viewer').explainDataset('told');
    expect(story).toMatchObject({ watch: null, latestVersion: version, dataset: { name: 'told', paused: null } });
    expect(story.ingestions.map(({ objects }) => objects)).toEqual([4, 3, 2]);
    expect(story.pipelines.find(({ pipeline }) => pipeline === 'told-d')).toMatchObject({
      reason: 'has_run',
      runId: run.id,
    });
    expect((await failure(admin.explainDataset('nowhere'))).code).toBe('not_found');
  });
});
