/** Trials on a real registry: replicas are played here, by their reports. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  LATENCY_BOUNDS_MS,
  type NewTrial,
  type Trial,
  type TrialCounts,
  type VerifiedFeedback,
} from '@graft/contracts';
import { verifyLedger, type Registry } from '@graft/registry-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createWorkshop, inVariants, replicaReport } from './testing/entities.js';
import { failure } from './testing/failure.js';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

let registry: TestRegistry;
let admin: Registry;
let serving: Registry;

beforeAll(async () => {
  registry = await startTestRegistry();
  admin = registry.as('admin');
  serving = registry.as('serving');
});
afterAll(async () => registry.stop());

const FAST: NewTrial['policy'] = { steps: [10, 50], stepSeconds: 1, stepRequests: 50 };

/** Answers in one bucket of latency. */
const counts = (requests: number, errors = 0): TrialCounts => ({
  ...{ requests, errors },
  latency: [...LATENCY_BOUNDS_MS, Infinity].map((_, at) => (at === 5 ? requests - errors : 0)),
});

/** A model with a champion and an approved version, and a replica that takes part in what is on trial. */
const createStage = async (name: string) => {
  const workshop = await createWorkshop(admin, name);
  const champion = await workshop.ship();
  const { version } = await workshop.register();
  await workshop.approve(version);
  const { model } = workshop;
  const instance = randomUUID();
  const report = (
    trial: Trial,
    { champion: ofChampion, trial: ofTrial }: { champion: TrialCounts; trial: TrialCounts },
  ) =>
    serving.reportReplica(
      `replica-of-${name}`,
      replicaReport({
        trials: [{ trialId: trial.id, instance, champion: ofChampion, trial: ofTrial, compared: 0, differ: 0 }],
      }),
    );
  const start = async (asked: Partial<NewTrial> = {}): Promise<Trial> =>
    admin.startTrial(model, {
      ...{ role: 'canary', version, expectedGeneration: await workshop.generation(), policy: FAST, reason: 'smaller' },
      ...asked,
    });
  return { ...workshop, champion, version, report, start };
};

/** Looks until it is so. The registry looks by its own clock, each second. */
const until = async <T>(ask: () => Promise<T>, is: (answer: T) => boolean): Promise<T> => {
  for (let tries = 0; ; tries++) {
    const answer = await ask();
    if (is(answer)) return answer;
    if (tries > 150) throw new Error(`it never came to be: ${JSON.stringify(answer)}`);
    await sleep(100);
  }
};

describe('a canary', () => {
  it('is beside its champion, of whom nothing changes but the generation', async () => {
    const { model, champion, version, start } = await createStage('beside');
    const before = await admin.getDeployment(model, 'production');
    const trial = await start();
    expect(trial).toMatchObject({ role: 'canary', version, championVersion: champion, state: 'running', step: 0 });
    const { deployments } = await serving.reportReplica('looking', replicaReport());
    const ofModel = deployments.filter((one) => one.model === model);
    expect(ofModel).toEqual([
      { ...before, generation: 2, at: expect.any(String) },
      expect.objectContaining({ role: 'canary', percent: 10, trialId: trial.id, generation: 2, previous: null }),
    ]);
    expect(ofModel[1]?.target).toMatchObject({ version, artifactDigest: trial.artifactDigest });
    const [row] = await admin.listLedger(model);
    expect(row).toMatchObject({
      ...{ action: 'trial', generation: 2, version: champion, reason: 'smaller' },
      trial: { id: trial.id, role: 'canary', version, percent: 10 },
    });
    expect(await admin.listTrials(model)).toEqual([trial]);
    expect(await admin.getTrial(trial.id)).toEqual(trial);
    await admin.endTrial(trial.id, { reason: 'seen enough' });
  });

  it('goes from step to step while nothing is found worse, and is promoted when it has come through', async () => {
    const { model, champion, version, report, start } = await createStage('rising');
    const trial = await start();
    const ask = () => admin.getTrial(trial.id);
    await report(trial, { champion: counts(450, 4), trial: counts(50, 1) });
    const second = await until(ask, ({ step }) => step === 1);
    expect(second).toMatchObject({ state: 'running', stepRequests: 0 });
    // What comes late, from a report that was overtaken, takes nothing back.
    await report(trial, { champion: counts(100), trial: counts(10) });
    await report(trial, { champion: counts(500, 5), trial: counts(100, 1) });
    const [promotion] = await until(
      () => admin.listPromotions({ model }),
      (all) => all.some((one) => one.version === version),
    );
    expect(promotion).toMatchObject({ version, state: 'requested', expectedGeneration: 3, by: 'admin' });
    expect((await ask()).state).toBe('running');
    await admin.preparePromotion(promotion?.id ?? '');
    await admin.commitPromotion(promotion?.id ?? '');
    expect(await ask()).toMatchObject({
      ...{ state: 'passed', ended: { reason: 'it was promoted' } },
      evidence: { errors: { champion: { n: 500, bad: 5 }, trial: { n: 100, bad: 1 } } },
    });
    const rows = (await admin.listLedger(model)).reverse();
    expect(rows.map(({ action, version: serves, trial: of }) => [action, serves, of?.percent])).toEqual([
      ['promote', champion, undefined],
      ['trial', champion, 10],
      ['trial', champion, 50],
      ['promote', version, undefined],
    ]);
    verifyLedger(rows);
    // Where it goes back to is where it came from, whatever lay between.
    expect((await admin.getDeployment(model, 'production'))?.previous).toMatchObject({ version: champion });
    expect((await admin.rollback(model, { reason: 'after all' })).version).toBe(champion);
  });

  it('is taken back as soon as it is known to be worse, with the evidence in the ledger', async () => {
    const { model, champion, version, report, start } = await createStage('falling');
    const trial = await start({ policy: { ...FAST, stepSeconds: 600 } });
    const ask = () => admin.getTrial(trial.id);
    await report(trial, { champion: counts(450, 4), trial: counts(50, 20) });
    await until(ask, ({ evidence }) => evidence.errors.trial.n === 50);
    await report(trial, { champion: counts(900, 8), trial: counts(100, 45) });
    const ended = await until(ask, ({ state }) => state !== 'running');
    expect(ended).toMatchObject({
      state: 'rolled_back',
      ended: {
        by: 'registry',
        reason: expect.stringMatching(/^the canary was worse: failed requests: 45 of 100 against 8 of 900/),
      },
    });
    const [row] = await admin.listLedger(model);
    expect(row).toMatchObject({
      ...{ action: 'trial_end', version: champion, by: 'registry', reason: ended.ended?.reason },
      trial: { version, percent: 0, evidence: { errors: { trial: { n: 100, bad: 45 } } } },
    });
    expect(row?.trial?.evidence?.errors.p).toBeLessThan(0.05 / 3);
    expect((await admin.getModelVersion(model, version)).state).toBe('withdrawn');
    expect((await failure(start())).message).toMatch(/was rolled back: it needs a new approval/);
    const { deployments } = await serving.reportReplica('looking', replicaReport());
    expect(deployments.filter((one) => one.model === model).map(({ role }) => role)).toEqual(['champion']);
    verifyLedger(await admin.listLedger(model));
  });

  it('is taken back by true labels, as they come in', async () => {
    const { model, champion, version, start } = await createStage('mislabelled');
    const trial = await start({ policy: { ...FAST, stepSeconds: 600 } });
    const say = (of: number, label: string): VerifiedFeedback => ({
      ...{ requestId: randomUUID(), model, version: of, environment: 'production', epoch: 1, generation: 2 },
      ...{ classIndex: 0, answeredAt: new Date().toISOString(), label, by: 'ann' },
    });
    const batch = [
      ...Array.from({ length: 60 }, (_, at) => say(champion, at % 20 === 0 ? 'rose' : 'daisy')),
      ...Array.from({ length: 15 }, (_, at) => say(version, at % 2 === 0 ? 'rose' : 'daisy')),
    ];
    await serving.recordFeedback(batch);
    await until(
      () => admin.getTrial(trial.id),
      ({ evidence }) => evidence.labels.trial.n === 15,
    );
    await serving.recordFeedback(batch.map((one) => ({ ...one, requestId: randomUUID() })));
    const ended = await until(
      () => admin.getTrial(trial.id),
      ({ state }) => state !== 'running',
    );
    expect(ended).toMatchObject({
      state: 'rolled_back',
      ended: {
        reason: expect.stringMatching(
          /^the canary was worse: wrong answers, by their true labels: 16 of 30 against 6 of 120/,
        ),
      },
    });
  });

  it('of another form of the champion is taken back, and the version that serves is not withdrawn', async () => {
    const workshop = await createWorkshop(admin, 'forms');
    const { model } = workshop;
    const version = await workshop.ship(inVariants('forms', { fp32: 'pass', int8: 'pass' }));
    const asked = { role: 'canary', version, variant: 'int8', expectedGeneration: 1, reason: 'smaller' } as const;
    const trial = await admin.startTrial(model, { ...asked, policy: { ...FAST, stepSeconds: 600 } });
    const instance = randomUUID();
    const report = (champion: TrialCounts, ofTrial: TrialCounts) =>
      serving.reportReplica(
        'replica-of-forms',
        replicaReport({ trials: [{ trialId: trial.id, instance, champion, trial: ofTrial, compared: 0, differ: 0 }] }),
      );
    const ask = () => admin.getTrial(trial.id);
    await report(counts(450, 4), counts(50, 20));
    await until(ask, ({ evidence }) => evidence.errors.trial.n === 50);
    await report(counts(900, 8), counts(100, 45));
    await until(ask, ({ state }) => state === 'rolled_back');
    expect((await admin.getModelVersion(model, version)).state).toBe('approved');
  });

  it('gets no more requests while a freeze holds, and goes on after it', async () => {
    const { model, report, start } = await createStage('frozen');
    const trial = await start();
    const ask = () => admin.getTrial(trial.id);
    await admin.freeze({ model, environment: 'production', reason: 'an incident' });
    await report(trial, { champion: counts(450, 4), trial: counts(60, 1) });
    await until(ask, ({ stepRequests }) => stepRequests === 60);
    await sleep(2_500);
    expect((await ask()).step).toBe(0);
    await admin.unfreeze({ model, environment: 'production', reason: 'over' });
    await until(ask, ({ step }) => step === 1);
    await admin.endTrial(trial.id, { reason: 'seen' });
  });

  it('does not come into an environment before the stage that its pipeline names', async () => {
    const shop = await createWorkshop(admin, 'staged', 'rollout:\n  stages: [staging, production]\n');
    const first = (await shop.register()).version;
    await shop.approve(first);
    await shop.promote(first, 'staging');
    await shop.promote(first);
    const next = (await shop.register()).version;
    await shop.approve(next);
    const asked = { role: 'canary', version: next, expectedGeneration: 1, reason: 'early' } as const;
    const refused = await failure(admin.startTrial(shop.model, asked));
    expect(refused).toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/has not been served in staging/) as unknown,
    });
    await shop.promote(next, 'staging');
    expect(await admin.startTrial(shop.model, asked)).toMatchObject({ state: 'running', version: next });
  });

  it('is over when the champion is moved, in the same act', async () => {
    const { model, ship, start } = await createStage('overtaken');
    const first = await start();
    const newer = await ship();
    expect(await admin.getTrial(first.id)).toMatchObject({
      ...{ state: 'ended', ended: { by: 'admin', reason: `version ${newer} (fp32) was promoted` } },
    });
    const second = await start();
    await admin.rollback(model, { reason: 'wrong on roses' });
    expect(await admin.getTrial(second.id)).toMatchObject({
      state: 'ended',
      ended: { reason: 'production was rolled back' },
    });
    verifyLedger(await admin.listLedger(model));
  });

  it('is ended by who may, once', async () => {
    const { start, generation } = await createStage('stopped');
    const trial = await start();
    const ended = await admin.endTrial(trial.id, { reason: 'enough seen' });
    expect(ended).toMatchObject({ state: 'ended', ended: { by: 'admin', reason: 'enough seen' } });
    expect(await admin.endTrial(trial.id, { reason: 'again' })).toEqual(ended);
    expect(await generation()).toBe(3);
    expect((await failure(admin.endTrial(randomUUID(), { reason: 'x' }))).code).toBe('not_found');
  });

  it('is refused where there is nothing to be beside, and where it may not be served', async () => {
    const { model, champion, version, start, register } = await createStage('refused');
    const { version: unread } = await register();
    await admin.freeze({ model, environment: 'production', reason: 'an incident' });
    expect((await failure(start())).message).toMatch(/is frozen by admin/);
    await admin.unfreeze({ model, environment: 'production', reason: 'over' });
    const cases = [
      [{ environment: 'staging', expectedGeneration: 1 }, 'refused', /nothing of refused serves in staging/],
      [{ version: unread }, 'refused', /waits for review/],
      [{ version: 99 }, 'not_found', /no version 99/],
      [{ version: champion }, 'refused', /is what production serves already/],
      [{ expectedGeneration: 7 }, 'stale_generation', /generation/],
    ] as const;
    for (const [asked, code, message] of cases) {
      expect(await failure(start(asked))).toMatchObject({ code, message: expect.stringMatching(message) as unknown });
    }
    const trial = await start();
    expect(await failure(start({ role: 'shadow' }))).toMatchObject({
      ...{ code: 'conflict', details: { trialId: trial.id, version } },
      message: expect.stringMatching(/is on trial in production already: .\/graft trial end/) as unknown,
    });
  });
});

describe('a shadow', () => {
  it('ends by itself when it has come through, and its version stays approved', async () => {
    const { model, version, report, start } = await createStage('shadow');
    const trial = await start({ role: 'shadow', policy: { stepSeconds: 1, stepRequests: 20 } });
    expect(trial.policy).toMatchObject({ steps: [100], promote: true });
    await report(trial, { champion: counts(40), trial: counts(40) });
    const ended = await until(
      () => admin.getTrial(trial.id),
      ({ state }) => state !== 'running',
    );
    expect(ended).toMatchObject({
      state: 'passed',
      ended: { by: 'registry', reason: expect.stringMatching(/came through/) },
    });
    expect((await admin.getModelVersion(model, version)).state).toBe('approved');
    expect(await admin.listPromotions({ model })).toHaveLength(1);
  });
});
