/** The port's contract, method by method: HTTP adapter → server → PostgreSQL. */
import type { AppError, CorrectionAction, ErrorCode, RegistryEvent } from '@graft/contracts';
import { verifyLedger, type Registry } from '@graft/registry-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createWorkshop, datasetVersion, digest, newVersion, pipelineYaml, replicaReport } from './testing/entities.js';
import { failure } from './testing/failure.js';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

let registry: TestRegistry;
let admin: Registry;

beforeAll(async () => {
  registry = await startTestRegistry();
  admin = registry.as('admin');
});
afterAll(async () => registry.stop());

const codes = (results: PromiseSettledResult<unknown>[]): (ErrorCode | 'ok')[] =>
  results.map((one) => (one.status === 'fulfilled' ? 'ok' : (one.reason as AppError).code));

describe('datasets', () => {
  it('are made with the default policy, and keep what a change leaves out', async () => {
    const made = await admin.putDataset('tulips', { quietSeconds: 3 });
    expect(made.policy).toMatchObject({ quietSeconds: 3, maxWaitSeconds: 900 });
    const changed = await admin.putDataset('tulips', { maxWaitSeconds: 60 });
    expect(changed.policy).toMatchObject({ quietSeconds: 3, maxWaitSeconds: 60 });
    expect(await admin.getDataset('tulips')).toEqual(changed);
    expect((await admin.listDatasets()).map(({ name }) => name)).toContain('tulips');
  });

  it('are not made, nor changed, with settings that leave nothing to train on', async () => {
    const error = await failure(admin.putDataset('poppies', { testShare: 0.5, valShare: 0.5 }));
    expect(error).toMatchObject({ code: 'invalid_request', message: expect.stringContaining('at most 0.9') });
    expect((await failure(admin.getDataset('poppies'))).code).toBe('not_found');
  });

  it('number their versions; the same id twice is one; a stale parent is a conflict', async () => {
    await admin.putDataset('orchids', {});
    const first = datasetVersion('orchids', 1, null);
    const created = await admin.createDatasetVersion(first);
    expect(created).toMatchObject({ number: 1, labels: ['daisy', 'rose'] });
    expect(await admin.createDatasetVersion(first)).toEqual(created);
    const second = await admin.createDatasetVersion(datasetVersion('orchids', 2, first.id));
    expect(second.number).toBe(2);
    const stale = await failure(admin.createDatasetVersion(datasetVersion('orchids', 3, first.id)));
    expect(stale.code).toBe('conflict');
    expect(stale.message).toContain(second.id);
    expect((await admin.listDatasetVersions('orchids')).map(({ number }) => number)).toEqual([2, 1]);
    expect(await admin.getDatasetVersion(first.id)).toEqual(created);
    expect((await admin.getDataset('orchids')).latestVersion).toBe(second.id);
  });

  it('twenty ingestions on one parent end in one version', async () => {
    await admin.putDataset('crowd', {});
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => admin.createDatasetVersion(datasetVersion('crowd', i + 1, null))),
    );
    expect(codes(results).filter((code) => code === 'ok')).toHaveLength(1);
    expect(codes(results).filter((code) => code === 'conflict')).toHaveLength(19);
  });

  it('number their corrections, also when twenty come at once, and keep what each says', async () => {
    await admin.putDataset('irises', {});
    await admin.createDatasetVersion(datasetVersion('irises', 1, null));
    const trainer = registry.as('trainer');
    const keys = Array.from({ length: 20 }, (_, i) => `irises/rose/${i}.jpg`);
    const made = await Promise.all(
      keys.map((key) =>
        trainer.createCorrection('irises', {
          reason: `not a rose: ${key}`,
          actions: [
            { action: 'remove', images: [key] },
            { action: 'rename', from: 'daisy', to: 'bellis' },
          ],
        }),
      ),
    );
    expect(made.map(({ number }) => number).sort((a, b) => a - b)).toEqual(keys.map((_, i) => i + 1));
    expect((await admin.getDataset('irises')).corrections).toBe(20);
    const listed = await admin.listCorrections('irises', { after: 15 });
    expect(listed.map(({ number }) => number)).toEqual([16, 17, 18, 19, 20]);
    expect(listed[0]).toEqual(made.find(({ number }) => number === 16));
    expect(await admin.listCorrections('irises', { after: 3, limit: 2 })).toHaveLength(2);
    expect(await failure(registry.as('viewer').createCorrection('irises', { reason: 'x', actions: [] }))).toMatchObject(
      { code: 'forbidden' },
    );
  });

  it('take a correction of ten thousand images', async () => {
    await admin.putDataset('meadows', {});
    const images = Array.from({ length: 10_000 }, (_, i) => `meadows/${'ö'.repeat(400)}/${i}.jpg`);
    const correction = await admin.createCorrection('meadows', {
      reason: 'a bad camera',
      actions: [{ action: 'remove', images }],
    });
    expect(await admin.listCorrections('meadows')).toEqual([correction]);
  });

  it.each<[string, CorrectionAction, ErrorCode, string]>([
    ['a version that is not there', { action: 'revert', version: 2 }, 'not_found', 'its latest version is 1'],
    [
      'a label that is not there',
      { action: 'rename', from: 'tulip', to: 'x' },
      'not_found',
      'labels in version 1: daisy, rose',
    ],
    ['a rename onto itself', { action: 'rename', from: 'rose', to: 'rose' }, 'refused', 'renamed to itself'],
    ['a label in another case', { action: 'relabel', images: ['k'], label: 'Rose' }, 'refused', 'differs from "rose"'],
    [
      'a rename to another label in another case',
      { action: 'rename', from: 'daisy', to: 'ROSE' },
      'refused',
      'differs from "rose"',
    ],
    [
      'a label that no folder can have',
      { action: 'rename', from: 'daisy', to: '@a' },
      'invalid_request',
      'begins with @',
    ],
  ])('refuse a correction of %s', async (_, action, code, message) => {
    await admin.putDataset('heaths', {});
    await admin.createDatasetVersion(datasetVersion('heaths', 1, null));
    const dismiss: CorrectionAction = { action: 'dismiss', keys: ['k'] };
    const error = await failure(admin.createCorrection('heaths', { reason: 'a slip', actions: [dismiss, action] }));
    expect(error).toMatchObject({ code, details: { dataset: 'heaths', action: 1 } });
    expect(error.message).toContain(message);
  });

  it('refuse a label in another case than one that waits for a version', async () => {
    await admin.putDataset('moors', {});
    await admin.createDatasetVersion(datasetVersion('moors', 1, null));
    const send = (...actions: CorrectionAction[]) => admin.createCorrection('moors', { reason: 'seen', actions });
    await send({ action: 'relabel', images: ['k'], label: 'tulip' }, { action: 'rename', from: 'rose', to: 'Rose' });
    const twins = await failure(send({ action: 'relabel', images: ['k'], label: 'Tulip' }));
    expect(twins).toMatchObject({ code: 'refused', message: expect.stringContaining('differs from "tulip"') });
    expect((await send({ action: 'relabel', images: ['k'], label: 'Rose' })).number).toBe(2);
  });

  it('unknown ones are not found, with what there is', async () => {
    const error = await failure(admin.getDataset('tulip'));
    expect(error.code).toBe('not_found');
    expect(error.message).toMatch(/no dataset tulip; there are: .*tulips/);
    expect((await failure(admin.getDatasetVersion(digest('nothing')))).code).toBe('not_found');
    expect((await failure(admin.createDatasetVersion(datasetVersion('nowhere', 1, null)))).code).toBe('not_found');
  });
});

describe('pipelines', () => {
  it('are versioned by content; applying makes the dataset; a comment is no change', async () => {
    const one = await admin.applyPipeline(pipelineYaml('peonies'));
    expect(one).toMatchObject({ name: 'peonies', number: 1, enabled: true });
    expect(await admin.getDataset('peonies-images')).toMatchObject({ latestVersion: null });
    expect(await admin.applyPipeline(`# again\n${pipelineYaml('peonies')}`)).toEqual(one);
    const two = await admin.applyPipeline(pipelineYaml('peonies', 'train: { epochs: 7 }\n'));
    expect(two.number).toBe(2);
    expect(await admin.getPipeline('peonies')).toEqual(two);
    expect(await admin.getPipeline('peonies', 1)).toEqual(one);
    expect(await admin.listPipelines({ dataset: 'peonies-images' })).toEqual([two]);
    expect(await admin.listPipelines({ dataset: 'others' })).toEqual([]);
    expect((await failure(admin.getPipeline('peonies', 9))).message).toContain('1 to 2');
  });

  it('twenty at once make one version', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => admin.applyPipeline(pipelineYaml('lilies'))));
    expect(new Set(all.map(({ number }) => number))).toEqual(new Set([1]));
  });

  it('a broken file is refused with line, column and field', async () => {
    const error = await failure(admin.applyPipeline(pipelineYaml('x', 'train: { epoch: 3 }\n')));
    expect(error.code).toBe('invalid_pipeline');
    expect(error.details['errors']).toEqual([
      { line: 6, column: 10, field: 'train.epoch', message: 'there is no such field' },
    ]);
  });

  it('come as plain YAML too', async () => {
    const response = await fetch(`${registry.url()}/v1/pipelines`, {
      method: 'POST',
      headers: { authorization: 'Bearer token-of-admin', 'content-type': 'application/yaml' },
      body: pipelineYaml('from-curl'),
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ name: 'from-curl', number: 1 });
  });
});

describe('runs', () => {
  it('are one for one identity, also when twenty ask at once', async () => {
    const shop = await createWorkshop(admin, 'run-identity');
    const identity = {
      pipeline: 'run-identity',
      pipelineDigest: shop.pipeline.digest,
      trainDigest: digest('t'),
      datasetVersion: shop.datasetVersion.id,
      attempt: 1,
      workflowId: 'w',
    };
    const runs = await Promise.all(Array.from({ length: 20 }, () => admin.createRun(identity)));
    expect(new Set(runs.map(({ id }) => id)).size).toBe(1);
    expect(runs[0]).toMatchObject({ state: 'running', version: null, embedded: null, finishedAt: null });
    const again = await admin.createRun({ ...identity, attempt: 2 });
    expect((await admin.listRuns({ pipeline: 'run-identity' })).map(({ id }) => id)).toEqual([again.id, runs[0]?.id]);
    expect((await failure(admin.createRun({ ...identity, pipelineDigest: digest('other') }))).code).toBe('not_found');
    expect((await failure(admin.createRun({ ...identity, datasetVersion: digest('other') }))).code).toBe('not_found');
  });

  it('tell their events in order, however many write', async () => {
    const shop = await createWorkshop(admin, 'run-events');
    const run = await shop.newRun();
    const event = { schemaVersion: 'run-event.v1', stage: 'embed', kind: 'progress' } as const;
    await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        admin.postRunEvents(run.id, [
          { ...event, step: 2 * i, data: { reused: 3, first: true } },
          { ...event, step: 2 * i + 1 },
        ]),
      ),
    );
    const events = await admin.listRunEvents(run.id);
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(new Set(events.map(({ step }) => step)).size).toBe(20);
    expect((await admin.listRunEvents(run.id, { after: 15, limit: 3 })).map(({ seq }) => seq)).toEqual([16, 17, 18]);
    expect((await admin.getRun(run.id)).stage).toBe('embed');
    expect((await failure(admin.postRunEvents('nope', [event]))).code).toBe('not_found');
  });

  it('keep where an interrupted training goes on, until it is done', async () => {
    const shop = await createWorkshop(admin, 'run-checkpoint');
    const { id, checkpoint } = await shop.newRun();
    expect(checkpoint).toBeNull();
    const pointer = { digest: digest('bytes'), plan: digest('plan'), step: 40 };
    expect((await admin.patchRun(id, { checkpoint: pointer })).checkpoint).toEqual(pointer);
    expect((await admin.patchRun(id, { stage: 'train' })).checkpoint).toEqual(pointer);
    expect((await admin.patchRun(id, { checkpoint: null })).checkpoint).toBeNull();
    const unfit = failure(admin.patchRun(id, { checkpoint: { ...pointer, step: -1 } }));
    expect((await unfit).code).toBe('invalid_request');
  });

  it('fail, go on again, and once they succeeded stay so', async () => {
    const shop = await createWorkshop(admin, 'run-states');
    const { id } = await shop.newRun();
    const failed = await admin.patchRun(id, { state: 'failed', error: { code: 'timeout', message: 'too slow' } });
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'timeout' } });
    expect(failed.finishedAt).not.toBeNull();
    expect(await admin.patchRun(id, { state: 'running' })).toMatchObject({ error: null, finishedAt: null });
    const done = await admin.patchRun(id, { state: 'succeeded', embedded: 5, reused: 95 });
    expect(done).toMatchObject({ state: 'succeeded', embedded: 5, reused: 95 });
    expect((await failure(admin.patchRun(id, { state: 'failed' }))).code).toBe('conflict');
    expect((await admin.listRuns({ state: 'succeeded', limit: 1 })).map((run) => run.id)).toEqual([id]);
    expect((await failure(admin.getRun('00000000-0000-7000-8000-000000000000'))).code).toBe('not_found');
  });
});

describe('model versions and reviews', () => {
  it('are numbered from 1, one for each run, and finish it', async () => {
    const shop = await createWorkshop(admin, 'versions');
    const run = await shop.newRun();
    const body = newVersion({
      runId: run.id,
      pipeline: shop.pipeline,
      datasetVersion: shop.datasetVersion.id,
      seed: 'versions',
    });
    const all = await Promise.all(Array.from({ length: 10 }, () => admin.createModelVersion('versions', body)));
    expect(new Set(all.map(({ version }) => version))).toEqual(new Set([1]));
    expect(all[0]).toMatchObject({ model: 'versions', state: 'candidate', lineage: { runId: run.id } });
    expect(await admin.getRun(run.id)).toMatchObject({ state: 'succeeded', version: 1, stage: 'register' });
    expect(await admin.getModel('versions')).toMatchObject({
      labels: ['daisy', 'rose'],
      latestVersion: 1,
      champions: {},
      autoPromoteSuspended: false,
    });
    expect((await admin.listModels()).map(({ name }) => name)).toContain('versions');
    expect(await admin.getModelVersion('versions', 1)).toEqual(all[0]);
    expect((await failure(admin.getModelVersion('versions', 7))).message).toContain('its latest is 1');
    expect((await failure(admin.getModel('version'))).message).toMatch(/there are: .*versions/);
  });

  it('without a golden artifact are refused, and leave nothing behind', async () => {
    const shop = await createWorkshop(admin, 'no-golden');
    const error = await failure(shop.register({ artifacts: [] }));
    expect(error.code).toBe('invalid_request');
    expect((await failure(admin.getModel('no-golden'))).code).toBe('not_found');
  });

  it('the first is reviewed against generation 0; a decision is bound to what was seen', async () => {
    const shop = await createWorkshop(admin, 'binding');
    await shop.register();
    const [review] = await admin.listReviews({ model: 'binding' });
    expect(review).toMatchObject({ version: 1, championGeneration: 0, environment: 'production', approvals: [] });
    const seen = { reportDigest: review?.reportDigest ?? '', championGeneration: 0, reason: 'fine' };
    expect((await failure(admin.approve('binding', 1, { ...seen, reportDigest: digest('x') }))).code).toBe(
      'stale_generation',
    );
    expect((await failure(admin.approve('binding', 1, { ...seen, championGeneration: 4 }))).code).toBe(
      'stale_generation',
    );
    expect((await admin.approve('binding', 1, seen)).state).toBe('approved');
    expect((await admin.approve('binding', 1, seen)).state).toBe('approved');
    expect((await failure(registry.as('reviewer').approve('binding', 1, seen))).code).toBe('conflict');
    expect(await admin.listReviews({ model: 'binding' })).toEqual([]);
    expect((await admin.getReview('binding', 1)).approvals).toMatchObject([{ by: 'admin', reason: 'fine' }]);
  });

  it('two approvals are those of two people', async () => {
    const shop = await createWorkshop(admin, 'two-people');
    await shop.register({ requiredApprovals: 2 });
    expect((await shop.approve(1, registry.as('reviewer'))).state).toBe('candidate');
    expect((await shop.approve(1, registry.as('reviewer'))).state).toBe('candidate');
    expect((await shop.approve(1, registry.as('second-reviewer'))).state).toBe('approved');
    const { approvals } = await admin.getReview('two-people', 1);
    expect(approvals.map(({ by }) => by)).toEqual(['reviewer', 'second-reviewer']);
  });

  it('the admin token of a loopback install bears the name of who uses it', async () => {
    const shop = await createWorkshop(admin, 'actors');
    await shop.register({ requiredApprovals: 2 });
    await shop.approve(1, registry.as('admin', { actor: 'Zoë' }));
    await shop.approve(1, registry.as('admin', { actor: 'kay' }));
    const { approvals } = await admin.getReview('actors', 1);
    expect(approvals.map(({ by }) => by)).toEqual(['Zoë', 'kay']);
    expect((await failure(shop.approve(1, registry.as('admin', { actor: 'pipeline' })))).code).toBe('invalid_request');
    await shop.register();
    await shop.approve(2, registry.as('reviewer', { actor: 'mallory' }));
    expect((await admin.getReview('actors', 2)).approvals[0]?.by).toBe('reviewer');
  });

  it('a failed gate blocks, until somebody overrides it', async () => {
    const shop = await createWorkshop(admin, 'gate');
    expect((await shop.register({ gateVerdict: 'fail' })).state).toBe('blocked');
    expect((await admin.listReviews({ model: 'gate' })).map(({ gateVerdict }) => gateVerdict)).toEqual(['fail']);
    expect((await failure(shop.approve(1))).code).toBe('refused');
    const { reportDigest, championGeneration } = await admin.getReview('gate', 1);
    const decision = { reportDigest, championGeneration, reason: 'the test set is wrong', overrideGate: true };
    expect((await admin.approve('gate', 1, decision)).state).toBe('approved');
  });

  it('a newer candidate supersedes an older one; a blocked one does not', async () => {
    const shop = await createWorkshop(admin, 'newer');
    await shop.register();
    await shop.register({ gateVerdict: 'fail' });
    expect((await admin.getModelVersion('newer', 1)).state).toBe('candidate');
    await shop.register({ gateVerdict: 'insufficient' });
    expect((await admin.listModelVersions('newer')).map(({ version, state }) => [version, state])).toEqual([
      [3, 'candidate'],
      [2, 'superseded'],
      [1, 'superseded'],
    ]);
    expect((await failure(shop.approve(1))).code).toBe('conflict');
  });

  it('a rejected candidate stays rejected', async () => {
    const shop = await createWorkshop(admin, 'reject');
    await shop.register();
    const { reportDigest, championGeneration } = await admin.getReview('reject', 1);
    const decision = { reportDigest, championGeneration, reason: 'worse on roses' };
    expect((await admin.reject('reject', 1, decision)).state).toBe('rejected');
    expect((await admin.reject('reject', 1, decision)).state).toBe('rejected');
    expect((await failure(admin.approve('reject', 1, decision))).code).toBe('conflict');
  });

  it('an approval is taken back as long as the version has not served', async () => {
    const shop = await createWorkshop(admin, 'regret');
    await shop.register();
    await shop.approve(1);
    const { reportDigest, championGeneration, allows } = await admin.getReview('regret', 1);
    expect(allows).toEqual(['reject']);
    const decision = { reportDigest, championGeneration, reason: 'the wrong one' };
    expect((await admin.reject('regret', 1, decision)).state).toBe('rejected');
    const rejected = await admin.getReview('regret', 1);
    expect(rejected.allows).toEqual([]);
    expect(rejected.decisions.map((one) => one.decision)).toEqual(['approve', 'reject']);
    expect((await failure(shop.promote(1))).message).toContain('was rejected');
    const version = await shop.ship();
    const review = await admin.getReview('regret', version);
    expect(review.allows).toEqual([]);
    const late = { ...decision, reportDigest: review.reportDigest };
    expect(await failure(admin.reject('regret', version, late))).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('has served: ./graft rollback'),
    });
  });

  it('an approval that is taken back while a promotion is prepared keeps it from being committed', async () => {
    const shop = await createWorkshop(admin, 'stopped');
    await shop.register();
    await shop.approve(1);
    const promotion = await admin.requestPromotion('stopped', { version: 1, expectedGeneration: 0, reason: 'go' });
    await admin.preparePromotion(promotion.id);
    const { reportDigest, championGeneration } = await admin.getReview('stopped', 1);
    await admin.reject('stopped', 1, { reportDigest, championGeneration, reason: 'stop' });
    expect(await failure(admin.commitPromotion(promotion.id))).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('was rejected'),
    });
    expect(await admin.getDeployment('stopped', 'production')).toBeNull();
  });

  it('a champion that moved makes an approval stale', async () => {
    const shop = await createWorkshop(admin, 'moved');
    await shop.register();
    await shop.approve(1);
    await shop.register({ championGeneration: 0 });
    await shop.promote(1);
    const error = await failure(shop.approve(2));
    expect(error.code).toBe('stale_generation');
    expect(error.message).toContain('the champion moved');
  });

  it('labels of the champion keep their places', async () => {
    const shop = await createWorkshop(admin, 'labels');
    await shop.ship();
    const base = newVersion({
      runId: 'x',
      pipeline: shop.pipeline,
      datasetVersion: shop.datasetVersion.id,
      seed: 's',
    }).signature;
    const grown = await shop.register({ signature: { ...base, labels: ['daisy', 'rose', 'tulip'] } });
    expect(grown.version).toBe(2);
    const error = await failure(shop.register({ signature: { ...base, labels: ['rose', 'daisy'] } }));
    expect(error.code).toBe('refused');
    // The data says that it is the same label under another name.
    const renamed = {
      ...datasetVersion(shop.datasetVersion.dataset, 2, shop.datasetVersion.id),
      labels: ['bellis', 'rose'],
    };
    await admin.createDatasetVersion(renamed);
    const lineage = newVersion({
      runId: (await shop.newRun()).id,
      pipeline: shop.pipeline,
      datasetVersion: renamed.id,
      seed: 'renamed',
    }).lineage;
    const signature = { ...base, labels: ['bellis', 'rose'] };
    expect((await shop.register({ signature, lineage })).version).toBe(3);
    expect((await failure(shop.register({ signature }))).code).toBe('refused');
  });
});

describe('promotion', () => {
  it('goes from request over preparation to commit, each step twice for once', async () => {
    const shop = await createWorkshop(admin, 'promote');
    await shop.register();
    expect((await failure(shop.promote(1))).message).toContain('waits for review');
    await shop.approve(1);
    expect(await admin.getDeployment('promote', 'production')).toBeNull();
    const asked = { version: 1, expectedGeneration: 0, reason: 'first' };
    const promotion = await admin.requestPromotion('promote', asked);
    expect(promotion).toMatchObject({ state: 'requested', environment: 'production', by: 'admin', generation: null });
    expect(await admin.requestPromotion('promote', asked)).toEqual(promotion);
    expect((await failure(admin.commitPromotion(promotion.id))).code).toBe('conflict');

    expect((await admin.preparePromotion(promotion.id)).state).toBe('preparing');
    expect((await admin.preparePromotion(promotion.id)).state).toBe('preparing');
    const desired = await admin.reportReplica('r1', replicaReport());
    expect(desired.preparations.filter(({ model }) => model === 'promote')).toMatchObject([
      { promotionId: promotion.id, target: { version: 1, artifactDigest: digest('model promote 1') } },
    ]);

    const committed = await admin.commitPromotion(promotion.id);
    expect(committed).toMatchObject({ state: 'committed', generation: 1 });
    expect(await admin.commitPromotion(promotion.id)).toEqual(committed);
    expect(await admin.getDeployment('promote', 'production')).toMatchObject({
      epoch: 1,
      generation: 1,
      role: 'champion',
      target: { version: 1, goldenDigest: digest('golden promote 1') },
      previous: null,
    });
    expect((await admin.getModel('promote')).champions).toEqual({
      production: { version: 1, variant: 'fp32', generation: 1 },
    });

    const lagging = await failure(admin.finishPromotion(promotion.id));
    expect(lagging.code).toBe('unavailable');
    expect(lagging.message).toContain('r1');
    const serving = [
      { model: 'promote', epoch: 1, generation: 1, version: 1, artifactDigest: digest('model promote 1') },
    ];
    await admin.reportReplica('r1', replicaReport({ serving }));
    expect((await admin.finishPromotion(promotion.id)).state).toBe('swapped');
    expect((await admin.finishPromotion(promotion.id)).state).toBe('swapped');
    await admin.removeReplica('r1');
    expect((await failure(admin.failPromotion(promotion.id, { code: 'x', message: 'y' }))).code).toBe('conflict');
    expect((await admin.listPromotions({ model: 'promote', state: 'swapped' })).map(({ id }) => id)).toEqual([
      promotion.id,
    ]);
    expect((await failure(shop.promote(1))).message).toContain('serves already');
  });

  it('a failed one stays failed and says why', async () => {
    const shop = await createWorkshop(admin, 'promote-fail');
    await shop.register();
    await shop.approve(1);
    const { id } = await admin.requestPromotion('promote-fail', { version: 1, expectedGeneration: 0, reason: 'r' });
    const error = { code: 'timeout', message: 'r1 did not prepare' };
    expect(await admin.failPromotion(id, error)).toMatchObject({ state: 'failed', error });
    expect((await admin.failPromotion(id, { code: 'other', message: 'other' })).error).toEqual(error);
    expect((await failure(admin.preparePromotion(id))).message).toContain('r1 did not prepare');
    expect(await admin.getPromotion(id)).toMatchObject({ state: 'failed' });
  });

  it('of twenty commits at once one wins, and the ledger has one row', async () => {
    const shop = await createWorkshop(admin, 'race');
    const ids: string[] = [];
    for (let i = 1; i <= 20; i += 1) {
      await shop.register();
      await shop.approve(i);
      const promotion = await admin.requestPromotion('race', { version: i, expectedGeneration: 0, reason: `v${i}` });
      await admin.preparePromotion(promotion.id);
      ids.push(promotion.id);
    }
    const results = codes(await Promise.allSettled(ids.map((id) => admin.commitPromotion(id))));
    expect(results.filter((code) => code === 'ok')).toHaveLength(1);
    expect(results.filter((code) => code === 'stale_generation')).toHaveLength(19);
    const ledger = await admin.listLedger('race');
    expect(ledger).toHaveLength(1);
    const winner = ids.findIndex((_, i) => results[i] === 'ok') + 1;
    expect(ledger[0]).toMatchObject({ version: winner, generation: 1, reason: `v${winner}` });
    expect(await shop.generation()).toBe(1);
  });

  it('of twenty commits of one promotion all tell of the same generation', async () => {
    const shop = await createWorkshop(admin, 'same');
    await shop.register();
    await shop.approve(1);
    const { id } = await admin.requestPromotion('same', { version: 1, expectedGeneration: 0, reason: 'r' });
    await admin.preparePromotion(id);
    const all = await Promise.all(Array.from({ length: 20 }, () => admin.commitPromotion(id)));
    expect(new Set(all.map(({ generation }) => generation))).toEqual(new Set([1]));
    expect(await admin.listLedger('same')).toHaveLength(1);
  });

  it('a pipeline promotes by itself when its gate passes, until a rollback suspends that', async () => {
    const shop = await createWorkshop(admin, 'auto');
    const open = async () => (await admin.listPromotions({ model: 'auto', state: 'requested' }))[0];
    const carryOut = async (id = ''): Promise<void> => {
      await admin.preparePromotion(id);
      await admin.commitPromotion(id);
    };
    expect((await shop.register({ autoPromote: true, gateVerdict: 'insufficient' })).state).toBe('candidate');
    expect((await shop.register({ autoPromote: true })).state).toBe('approved');
    expect(await open()).toMatchObject({ version: 2, by: 'pipeline', expectedGeneration: 0 });
    await carryOut((await open())?.id);
    expect((await admin.getModelVersion('auto', 1)).state).toBe('superseded');
    expect((await shop.register({ autoPromote: true })).state).toBe('approved');
    await carryOut((await open())?.id);
    await admin.rollback('auto', { reason: 'wrong' });
    expect(await admin.getModel('auto')).toMatchObject({ autoPromoteSuspended: true });
    expect((await shop.register({ autoPromote: true })).state).toBe('candidate');
    await shop.approve(4);
    await shop.promote(4);
    expect(await admin.getModel('auto')).toMatchObject({ autoPromoteSuspended: false });
    // Evaluated against a champion that is gone: a person looks.
    expect((await shop.register({ autoPromote: true, championGeneration: 2 })).state).toBe('candidate');
    expect((await shop.register({ autoPromote: true })).state).toBe('approved');
  });
});

describe('rollback', () => {
  it('goes to the newest earlier version that is not withdrawn, and withdraws the one it leaves', async () => {
    const shop = await createWorkshop(admin, 'back');
    for (let i = 0; i < 3; i += 1) await shop.ship();
    const entry = await admin.rollback('back', { reason: 'roses are daisies' });
    expect(entry).toMatchObject({ action: 'rollback', version: 2, previousVersion: 3, generation: 4, by: 'admin' });
    expect((await admin.getModelVersion('back', 3)).state).toBe('withdrawn');
    // What was left stays loaded as well: back and forth are a swap of a pointer.
    expect(await admin.getDeployment('back', 'production')).toMatchObject({
      generation: 4,
      target: { version: 2 },
      previous: { version: 3 },
    });
    expect(await admin.rollback('back', { reason: 'still wrong' })).toMatchObject({ version: 1, generation: 5 });
    const refused = await failure(admin.rollback('back', { reason: 'again' }));
    expect(refused.code).toBe('refused');
    expect(refused.message).toContain('nothing to go back to');

    expect((await failure(shop.promote(3))).message).toContain('needs a new approval');
    expect((await shop.approve(3)).state).toBe('approved');
    await shop.promote(3);
    expect(await shop.generation()).toBe(6);
    const ledger = await admin.listLedger('back');
    expect(ledger.map(({ generation }) => generation)).toEqual([6, 5, 4, 3, 2, 1]);
    verifyLedger(ledger);
  });

  it('goes to a version that was served and is asked for, and to no other', async () => {
    const shop = await createWorkshop(admin, 'back-to');
    for (let i = 0; i < 3; i += 1) await shop.ship();
    await shop.register();
    await shop.approve(4);
    expect((await failure(admin.rollback('back-to', { toVersion: 4, reason: 'r' }))).message).toContain('never served');
    expect((await failure(admin.rollback('back-to', { toVersion: 3, reason: 'r' }))).message).toContain('already');
    expect((await failure(admin.rollback('back-to', { toVersion: 9, reason: 'r' }))).code).toBe('not_found');
    expect(await admin.rollback('back-to', { toVersion: 1, reason: 'r' })).toMatchObject({ version: 1 });
    // Version 2 was skipped on purpose: it is not "earlier" than version 1.
    expect((await failure(admin.rollback('back-to', { reason: 'r' }))).code).toBe('refused');
    expect((await failure(admin.rollback('back-to', { toVersion: 3, reason: 'r' }))).message).toContain('rolled back');
    const forward = await failure(admin.rollback('back-to', { toVersion: 2, reason: 'r' }));
    expect(forward).toMatchObject({ code: 'refused', message: expect.stringContaining('graft promote back-to 2') });
  });

  it('refuses where nothing was ever promoted, and names an unknown model', async () => {
    const shop = await createWorkshop(admin, 'never');
    await shop.register();
    expect((await failure(admin.rollback('never', { reason: 'r' }))).code).toBe('refused');
    expect((await failure(admin.rollback('nothing', { reason: 'r' }))).message).toMatch(/no model nothing; there are/);
  });

  it('of twenty at once takes back one version, and calls off what was being prepared', async () => {
    const shop = await createWorkshop(admin, 'panic');
    for (let i = 0; i < 3; i += 1) await shop.ship();
    await shop.register();
    await shop.approve(4);
    const { id } = await admin.requestPromotion('panic', { version: 4, expectedGeneration: 3, reason: 'next' });
    await admin.preparePromotion(id);
    const results = codes(
      await Promise.allSettled(
        Array.from({ length: 20 }, () => admin.rollback('panic', { reason: 'r', expectedGeneration: 3 })),
      ),
    );
    expect(results.filter((code) => code === 'ok')).toHaveLength(1);
    expect(results.filter((code) => code === 'stale_generation')).toHaveLength(19);
    expect(await admin.getDeployment('panic', 'production')).toMatchObject({ generation: 4, target: { version: 2 } });
    expect(await admin.getPromotion(id)).toMatchObject({ state: 'failed', error: { code: 'stale_generation' } });
    expect((await failure(admin.commitPromotion(id))).code).toBe('conflict');
  });

  it('against twenty commits ends in a gapless ledger that its head agrees with', async () => {
    const shop = await createWorkshop(admin, 'storm');
    await shop.ship();
    await shop.ship();
    const ids: string[] = [];
    for (let i = 3; i <= 12; i += 1) {
      await shop.register();
      await shop.approve(i);
      const { id } = await admin.requestPromotion('storm', { version: i, expectedGeneration: 2, reason: `v${i}` });
      await admin.preparePromotion(id);
      ids.push(id);
    }
    await Promise.allSettled([
      ...ids.map((id) => admin.commitPromotion(id)),
      ...Array.from({ length: 5 }, () => admin.rollback('storm', { reason: 'storm' })),
    ]);
    const ledger = await admin.listLedger('storm');
    verifyLedger(ledger);
    expect(ledger[ledger.length - 1]?.generation).toBe(1);
    expect(await admin.getDeployment('storm', 'production')).toMatchObject({
      generation: ledger[0]?.generation,
      target: { version: ledger[0]?.version },
    });
  });

  it('keeps environments apart', async () => {
    const shop = await createWorkshop(admin, 'places');
    await shop.ship();
    await shop.promote(1, 'staging');
    await shop.ship();
    expect(await shop.generation('staging')).toBe(1);
    expect(await shop.generation('production')).toBe(2);
    expect((await admin.listLedger('places', { environment: 'staging' })).map(({ generation }) => generation)).toEqual([
      1,
    ]);
    expect(await admin.listLedger('places', { limit: 2 })).toHaveLength(2);
    const desired = await admin.reportReplica('s1', replicaReport({ environment: 'staging' }));
    expect(desired.deployments.filter(({ model }) => model === 'places')).toMatchObject([{ target: { version: 1 } }]);
    await admin.removeReplica('s1');
  });
});

describe('a freeze', () => {
  it('stops what is asked for and what is under way, lets a rollback through, and ends', async () => {
    const shop = await createWorkshop(admin, 'frozen');
    await shop.ship();
    await shop.ship();
    await shop.register();
    await shop.approve(3);
    const asked = { version: 3, expectedGeneration: 2, reason: 'better' };
    const { id } = await admin.requestPromotion('frozen', asked);
    await admin.preparePromotion(id);
    const made = await registry.as('deployer').freeze({ model: 'frozen', environment: null, reason: 'fire' });
    expect(made).toMatchObject({ model: 'frozen', environment: null, by: 'deployer', reason: 'fire', ended: null });
    expect(await admin.freeze({ model: 'frozen', reason: 'another' })).toEqual(made);
    for (const call of [
      () => admin.commitPromotion(id),
      () => admin.requestPromotion('frozen', { ...asked, reason: 'again' }),
    ]) {
      const { code, message } = await failure(call());
      expect([code, message]).toEqual(['refused', expect.stringMatching(/frozen by deployer since .* \(fire\)/)]);
    }
    expect((await admin.rollback('frozen', { reason: 'the fire' })).version).toBe(1);
    expect(await admin.listFreezes()).toContainEqual(made);
    const ended = await admin.unfreeze({ model: 'frozen', reason: 'out' });
    expect(ended).toEqual({ ...made, ended: { by: 'admin', at: expect.any(String), reason: 'out' } });
    expect(await admin.listFreezes({ all: true })).toContainEqual(ended);
    expect((await failure(admin.unfreeze({ model: 'frozen', reason: 'out' }))).code).toBe('not_found');
    await shop.promote(3);
    expect(await shop.generation()).toBe(4);
  });

  it('of all holds for every model, of an environment for that alone; a pipeline does not promote past it', async () => {
    const shop = await createWorkshop(admin, 'all-frozen');
    await admin.freeze({ environment: 'production', reason: 'fire' });
    expect((await shop.register({ autoPromote: true })).state).toBe('candidate');
    await shop.approve(1);
    expect((await failure(shop.promote(1))).message).toContain('every model in production');
    await shop.promote(1, 'staging');
    expect((await failure(admin.unfreeze({ reason: 'out' }))).message).toContain('every model in production');
    await admin.unfreeze({ environment: 'production', reason: 'out' });
    await shop.promote(1);
  });

  it('once it is there, nothing is committed, however many were about to', async () => {
    const shops = await Promise.all(Array.from({ length: 6 }, (_, i) => createWorkshop(admin, `rush-${i}`)));
    for (const shop of shops) {
      await shop.register();
      await shop.approve(1);
    }
    const promoting = shops.map((shop) => shop.promote(1));
    const settled = Promise.allSettled(promoting);
    await admin.freeze({ reason: 'now' });
    const at = await Promise.all(shops.map((shop) => shop.generation()));
    const ends = codes(await settled);
    expect(await Promise.all(shops.map((shop) => shop.generation()))).toEqual(at);
    expect(ends.filter((end) => end === 'ok')).toHaveLength(at.filter((generation) => generation === 1).length);
    await admin.unfreeze({ reason: 'over' });
  });
});

describe('a model that is renamed', () => {
  it('takes all along, and its ledger keeps the names that it was written under', async () => {
    const shop = await createWorkshop(admin, 'old-name');
    await shop.ship();
    await shop.ship();
    const { id } = await admin.getModel('old-name');
    expect((await admin.getDeployment('old-name', 'production'))?.modelId).toBe(id);
    await admin.patchPipeline('old-name', { enabled: false });
    const before = await admin.getDeployment('old-name', 'production');
    expect(await admin.renameModel('old-name', 'new-name')).toMatchObject({
      ...{ name: 'new-name', id, latestVersion: 2, champions: { production: { version: 2, generation: 2 } } },
    });
    expect((await failure(admin.getModel('old-name'))).code).toBe('not_found');
    expect(await admin.getDeployment('new-name', 'production')).toEqual({ ...before, model: 'new-name' });
    expect((await admin.listModelVersions('new-name')).map(({ model, version }) => [model, version])).toEqual([
      ['new-name', 2],
      ['new-name', 1],
    ]);
    expect((await admin.getReview('new-name', 1)).approvals).toHaveLength(1);
    await admin.rollback('new-name', { reason: 'the new one is worse' });
    const ledger = await admin.listLedger('new-name');
    expect(ledger.map(({ model, action }) => [model, action])).toEqual([
      ['new-name', 'rollback'],
      ['old-name', 'promote'],
      ['old-name', 'promote'],
    ]);
    verifyLedger(ledger);
  });

  it('is refused while a pipeline makes its versions, and for a name that is taken', async () => {
    await (await createWorkshop(admin, 'busy')).register();
    await (await createWorkshop(admin, 'taken')).register();
    const busy = await failure(admin.renameModel('busy', 'idle'));
    expect([busy.code, busy.message]).toEqual(['refused', expect.stringContaining('disable that first')]);
    await admin.patchPipeline('busy', { enabled: false });
    expect((await failure(admin.renameModel('busy', 'taken'))).code).toBe('conflict');
    expect((await failure(admin.renameModel('nobody', 'else'))).code).toBe('not_found');
    expect((await admin.renameModel('busy', 'busy')).name).toBe('busy');
  });
});

describe('replicas', () => {
  it('live as long as their lease, by the database’s clock', async () => {
    const serving = registry.as('serving');
    const desired = await serving.reportReplica('lease', replicaReport({ environment: 'lab', leaseSeconds: 0.3 }));
    expect(desired).toEqual({ epoch: 1, deployments: [], preparations: [] });
    expect(await admin.listReplicas({ environment: 'lab', live: true })).toMatchObject([{ id: 'lease', live: true }]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await admin.listReplicas({ environment: 'lab', live: true })).toEqual([]);
    expect(await admin.listReplicas({ environment: 'lab' })).toMatchObject([{ id: 'lease', live: false }]);
    await serving.removeReplica('lease');
    await serving.removeReplica('lease');
    expect(await admin.listReplicas({ environment: 'lab' })).toEqual([]);
  });
});

describe('events', () => {
  /** Where the stream ends now, as its first message says. */
  const latestEventId = async (): Promise<number> => {
    const end = new AbortController();
    const response = await fetch(`${registry.url()}/v1/events`, {
      headers: { authorization: 'Bearer token-of-viewer', accept: 'text/event-stream' },
      signal: end.signal,
    });
    const first = await response.body?.getReader().read();
    end.abort();
    const text = new TextDecoder().decode(first?.value);
    expect(text).toContain('event: ready');
    return Number(/^id: (\d+)$/m.exec(text)?.[1]);
  };

  /** Events after an id until the predicate holds, with something done while the stream is read. */
  const collect = async (
    after: number,
    until: (events: RegistryEvent[]) => boolean,
    during?: () => Promise<void>,
  ): Promise<RegistryEvent[]> => {
    const end = new AbortController();
    const timer = setTimeout(() => end.abort(), 60_000);
    const events: RegistryEvent[] = [];
    const reading = (async () => {
      for await (const event of registry.as('viewer').events({ signal: end.signal, after })) {
        events.push(event);
        if (until(events)) break;
      }
    })();
    await during?.();
    await reading;
    clearTimeout(timer);
    return events;
  };

  it('arrive within a second of what they tell of, and resume after the last one seen', async () => {
    let committedAt = 0;
    let seenAt = 0;
    const [event] = await collect(
      await latestEventId(),
      () => {
        seenAt = performance.now();
        return true;
      },
      async () => {
        // The stream has been open for a while: the notice, and not its start, is what is timed.
        await new Promise((resolve) => setTimeout(resolve, 500));
        committedAt = performance.now();
        await admin.applyPipeline(pipelineYaml('eventful'));
      },
    );
    expect(seenAt - committedAt).toBeLessThan(1000);
    expect(event).toMatchObject({ kind: 'pipeline', subject: 'eventful' });
    await admin.applyPipeline(pipelineYaml('eventful', 'train: { epochs: 2 }\n'));
    await admin.applyPipeline(pipelineYaml('eventful', 'train: { epochs: 3 }\n'));
    const missed = await collect(event?.id ?? 0, (events) => events.length === 2);
    expect(missed.map(({ kind }) => kind)).toEqual(['pipeline', 'pipeline']);
    expect(missed.map(({ id }) => id)).toEqual([...missed.map(({ id }) => id)].sort((a, b) => a - b));
  });

  it('tell of a deployment with what is served now, once for all that came before', async () => {
    const after = await latestEventId();
    const shop = await createWorkshop(admin, 'told');
    await shop.ship();
    await shop.ship();
    await admin.rollback('told', { reason: 'back' });
    await admin.freeze({ model: 'told', environment: 'production', reason: 'the last event' });
    const present = await admin.getDeployment('told', 'production');
    const isOurs = ({ kind, subject }: RegistryEvent): boolean => kind === 'deployment' && subject === 'told';
    const events = await collect(after, (all) => all.filter(isOurs).length === 3);
    expect(events.filter(isOurs).map(({ deployment }) => deployment ?? null)).toEqual([null, null, present]);
    expect(events.filter(({ kind }) => kind !== 'deployment').some((event) => 'deployment' in event)).toBe(false);
  });

  it('outlive a restart of the registry, and so does everything else', async () => {
    const shop = await createWorkshop(admin, 'lasting');
    await shop.ship();
    const before = await admin.listLedger('lasting');
    const events = await collect(
      await latestEventId(),
      (all) => all.some(({ subject }) => subject === 'after-restart'),
      async () => {
        await admin.applyPipeline(pipelineYaml('before-restart'));
        await registry.restart();
        await admin.applyPipeline(pipelineYaml('after-restart'));
      },
    );
    expect(events.map(({ subject }) => subject)).toEqual(['before-restart', 'after-restart']);
    expect(await admin.listLedger('lasting')).toEqual(before);
    await admin.ready();
  });
});
