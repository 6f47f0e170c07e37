import { AppError, type FeedbackResult, type Feedback, type VerifiedFeedback } from '@graft/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRequestIds } from '../request-id.js';
import { deploymentOf } from '../testing/fake-registry.js';
import { createFixture, eventually, type Fixture } from '../testing/fixture.js';
import { RED } from '../testing/tiny-model.js';
import { createFeedbackDesk } from './feedback-desk.js';

const DAY_MS = 86_400_000;
const requestIds = createRequestIds('a-token-of-the-tests');
const idOf = (at = Date.now()): string =>
  requestIds.sign({
    ...{ model: 'colours', version: 2, environment: 'production', epoch: 1, generation: 4, classIndex: 1, at },
  });

describe('the feedback desk', () => {
  const created = (
    record: (items: readonly VerifiedFeedback[]) => Promise<FeedbackResult[]>,
    limits: { maxWaiting?: number } = {},
  ) =>
    createFeedbackDesk({
      registry: { recordFeedback: record },
      requestIds,
      maxAgeMs: 30 * DAY_MS,
      gatherMs: 1,
      ...limits,
    });
  const receiptOf = ({ model, version, label }: VerifiedFeedback): FeedbackResult => ({
    ok: true,
    receipt: { model, version, predicted: 'red', label, outcome: 'kept' },
  });

  it('hands on in one batch what comes together, and tells each what came of its own', async () => {
    const batches: number[] = [];
    const desk = created(async (items) => {
      batches.push(items.length);
      return items.map((item) =>
        item.label === 'mauve' ? { ok: false, code: 'invalid_request', message: 'no such label' } : receiptOf(item),
      );
    });
    const told = await Promise.allSettled(
      ['red', 'mauve', 'blue'].map((label) => desk.take({ requestId: idOf(), label })),
    );
    expect(batches).toEqual([3]);
    expect(told.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(told[1]).toMatchObject({ reason: { code: 'invalid_request', message: 'no such label' } });
    expect(told[2]).toMatchObject({ value: { label: 'blue' } });
  });

  it('tells everyone of a batch that the registry is away, and works again when it is back', async () => {
    let away = true;
    const desk = created(async (items) => {
      if (away) throw new AppError('unavailable', 'the registry is away');
      return items.map(receiptOf);
    });
    const take = (): Promise<unknown> => desk.take({ requestId: idOf(), label: 'red' });
    const told = await Promise.allSettled([take(), take()]);
    expect(told).toMatchObject([{ reason: { code: 'unavailable' } }, { reason: { code: 'unavailable' } }]);
    away = false;
    expect(await take()).toMatchObject({ outcome: 'kept' });
  });

  it('refuses what is too old, and more than may wait', async () => {
    const desk = created(async (items) => items.map(receiptOf), { maxWaiting: 2 });
    const old = { requestId: idOf(Date.now() - 31 * DAY_MS), label: 'red' };
    await expect(desk.take(old)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/taken for 30 days/) as unknown,
    });
    const told = await Promise.allSettled([1, 2, 3].map(() => desk.take({ requestId: idOf(), label: 'red' })));
    expect(told.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(told[2]).toMatchObject({ reason: { code: 'overloaded' } });
  });
});

describe('POST /v1/feedback', () => {
  let fixture: Fixture;
  let url: string;
  beforeAll(async () => {
    fixture = await createFixture();
    const target = await fixture.publish({ model: 'colours', version: 2 });
    fixture.registry.desire({ deployments: [deploymentOf({ model: 'colours', generation: 4, target })] });
    ({ url } = await fixture.start());
    await eventually(async () => (await fetch(`${url}/v2/models/colours/ready`)).ok);
  });
  afterAll(() => fixture.dispose());

  const send = async (feedback: object): Promise<{ status: number; body: unknown }> => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/v1/feedback`, { method: 'POST', headers, body: JSON.stringify(feedback) });
    return { status: response.status, body: await response.json() };
  };

  it('hands on what the id of an answer says, with the label', async () => {
    const before = Date.now();
    const answered = await fetch(`${url}/v1/models/colours:classify`, {
      ...{ method: 'POST', body: RED, headers: { 'content-type': 'image/png' } },
    });
    const { requestId } = (await answered.json()) as Pick<Feedback, 'requestId'>;
    const { status, body } = await send({ requestId, label: 'blue', by: 'ann' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ model: 'colours', version: 2, label: 'blue', outcome: 'kept' });
    const [item] = fixture.registry.feedback.at(-1) ?? [];
    expect(item).toMatchObject({
      ...{ model: 'colours', version: 2, environment: 'production', epoch: 1, generation: 4, classIndex: 1 },
      ...{ label: 'blue', by: 'ann' },
    });
    expect(Date.parse(item?.answeredAt ?? '')).toBeGreaterThanOrEqual(before);
  });

  it('refuses an id that nobody here gave out, and a body that is none', async () => {
    const [payload = ''] = idOf().split('.');
    const forged = createRequestIds('another').sign(requestIds.verify(idOf()));
    for (const requestId of [`${payload}.AAAAAAAAAAAAAAAAAAAAAA`, forged, 'x']) {
      expect(await send({ requestId, label: 'red' })).toMatchObject({
        ...{
          status: 400,
          body: { code: 'invalid_request', detail: expect.stringMatching(/not given out/) as unknown },
        },
      });
    }
    expect(await send({ requestId: idOf() })).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });

  it('says so when the registry is away', async () => {
    fixture.registry.away = true;
    expect(await send({ requestId: idOf(), label: 'red' })).toMatchObject({ status: 503 });
    fixture.registry.away = false;
    expect(await send({ requestId: idOf(), label: 'red' })).toMatchObject({ status: 200 });
  });
});
