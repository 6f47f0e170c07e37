/** Feedback on a real registry; a replica is played here, which has verified the request ids. */
import { randomUUID } from 'node:crypto';
import type { FeedbackResult, VerifiedFeedback } from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createWorkshop } from './testing/entities.js';
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

const HOUR_MS = 3_600_000;

/** A model whose version answers `daisy`, class 0 of daisy and rose; its evaluation says 80 of 100. */
const createServed = async (name: string) => {
  const { model, ship } = await createWorkshop(admin, name);
  const version = await ship();
  const answered = (fields: Partial<VerifiedFeedback> = {}): VerifiedFeedback => ({
    ...{ requestId: randomUUID(), model, version, environment: 'production', epoch: 1, generation: 1, classIndex: 0 },
    ...{ answeredAt: new Date().toISOString(), label: 'daisy', by: 'ann' },
    ...fields,
  });
  return { model, version, answered };
};
const outcomes = (results: readonly FeedbackResult[]): string[] =>
  results.map((result) => (result.ok ? result.receipt.outcome : result.code));

describe('feedback', () => {
  it('counts once for a request, with the label that was said last; nothing that was said is lost', async () => {
    const { model, version, answered } = await createServed('said-twice');
    const first = answered();
    const [kept] = await serving.recordFeedback([first]);
    expect(kept).toEqual({
      ok: true,
      receipt: { model, version, predicted: 'daisy', label: 'daisy', outcome: 'kept' },
    });
    expect(outcomes(await serving.recordFeedback([first]))).toEqual(['repeated']);
    const [before] = await admin.listLiveAccuracy(model);
    expect(before?.windows.day.accuracy).toMatchObject({ value: 1, n: 1 });
    expect(outcomes(await serving.recordFeedback([{ ...first, label: 'rose' }]))).toEqual(['corrected']);
    const [after] = await admin.listLiveAccuracy(model);
    expect(after).toMatchObject({ model, version, environment: 'production', evaluation: { value: 0.8, n: 100 } });
    expect(after?.windows.all.accuracy).toMatchObject({ value: 0, n: 1 });
    // And back again, within one batch.
    const both = ['daisy', 'rose', 'rose', 'daisy'].map((label) => ({ ...first, label }));
    expect(outcomes(await serving.recordFeedback(both))).toEqual(['corrected', 'corrected', 'repeated', 'corrected']);
    expect((await admin.listLiveAccuracy(model))[0]?.windows.all.accuracy).toMatchObject({ value: 1, n: 1 });
  });

  it('is one for many who say it at the same time', async () => {
    const { model, answered } = await createServed('at-once');
    const items = [answered(), answered(), answered()];
    const all = await Promise.all(
      Array.from({ length: 8 }, (_, at) => serving.recordFeedback(at % 2 === 0 ? items : items.toReversed())),
    );
    expect(all.flatMap(outcomes).filter((outcome) => outcome === 'kept')).toHaveLength(3);
    expect((await admin.listLiveAccuracy(model))[0]?.windows.all.accuracy.n).toBe(3);
  });

  it('says of each of a batch why it is refused, and keeps the others', async () => {
    const { model, version, answered } = await createServed('refusing');
    const results = await serving.recordFeedback([
      ...[answered({ version: 77 }), answered({ model: 'no-such' }), answered({ label: 'tulip' })],
      ...[answered({ classIndex: 2 }), answered()],
    ]);
    expect(outcomes(results)).toEqual(['not_found', 'not_found', 'invalid_request', 'invalid_request', 'kept']);
    expect(results[2]).toEqual({
      ok: false,
      code: 'invalid_request',
      message: `"tulip" is no label of version ${version} of ${model}; its labels are daisy, rose`,
    });
    const [only, ...more] = await admin.listLiveAccuracy(model);
    expect(only?.windows.all.accuracy.n).toBe(1);
    expect(more).toEqual([]);
  });

  it('is taken from replicas and admins alone', async () => {
    const { answered } = await createServed('forbidden');
    expect(await failure(registry.as('deployer').recordFeedback([answered()]))).toMatchObject({ code: 'forbidden' });
  });
});

describe('live accuracy', () => {
  it('is told by version, environment and window, with what it differs from the evaluation by', async () => {
    const { model, version, answered } = await createServed('falling');
    const ago = (hours: number): string => new Date(Date.now() - hours * HOUR_MS).toISOString();
    const many = (n: number, fields: Partial<VerifiedFeedback>): VerifiedFeedback[] =>
      Array.from({ length: n }, () => answered(fields));
    await serving.recordFeedback([
      ...[...many(10, {}), ...many(30, { label: 'rose' })],
      ...[...many(60, { answeredAt: ago(48) }), ...many(100, { answeredAt: ago(24 * 20) })],
      ...many(5, { environment: 'staging' }),
    ]);
    const [one, ...more] = await admin.listLiveAccuracy(model);
    expect(more).toEqual([]);
    expect(one).toMatchObject({ version, environment: 'production' });
    const { day, week, all } = one?.windows ?? {};
    expect(day?.accuracy).toMatchObject({ n: 40, value: 0.25 });
    expect(day?.isBelow).toBe(true);
    expect(day?.difference.value).toBeCloseTo(-0.55, 12);
    expect(week).toMatchObject({ accuracy: { n: 100, value: 0.7 }, isBelow: false });
    expect(all).toMatchObject({ accuracy: { n: 200, value: 0.85 }, isBelow: false });
    const [staged] = await admin.listLiveAccuracy(model, { environment: 'staging' });
    expect(staged?.windows.all).toMatchObject({ accuracy: { n: 5, value: 1 }, isBelow: false });
  });

  it('follows a model that is renamed, and is not found for one that is not there', async () => {
    const { model, version, answered } = await createServed('once-called');
    await serving.recordFeedback([answered()]);
    await admin.patchPipeline('once-called', { enabled: false });
    await admin.renameModel(model, 'now-called');
    expect(await admin.listLiveAccuracy('now-called')).toMatchObject([{ model: 'now-called', version }]);
    expect(await failure(admin.listLiveAccuracy('nothing'))).toMatchObject({ code: 'not_found' });
  });
});
