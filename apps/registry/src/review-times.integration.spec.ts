/** What time does to a candidate that waits: reminders, expiry, and the way back. Hours pass by moving a review into the past. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, type RegistryEvent, type Review } from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createWorkshop } from './testing/entities.js';
import { startTestRegistry, type TestRegistry } from './testing/test-registry.js';

let registry: TestRegistry;
let admin: Registry;
let database: pg.Client;

beforeAll(async () => {
  registry = await startTestRegistry();
  admin = registry.as('admin');
  database = new pg.Client({ connectionString: registry.databaseUrl });
  await database.connect();
});
afterAll(async () => {
  await database.end();
  await registry.stop();
});

/** Has a review wait for so much longer than it does. */
const age = (model: string, interval: string): Promise<unknown> =>
  database.query(
    `UPDATE review SET opened_at = opened_at - $2::interval, reminded_at = reminded_at - $2::interval,
       expires_at = expires_at - $2::interval WHERE model = $1`,
    [model, interval],
  );

const reviewUntil = async (model: string, holds: (review: Review) => boolean): Promise<Review> => {
  for (let tries = 0; tries < 200; tries += 1) {
    const review = await admin.getReview(model, 1);
    if (holds(review)) return review;
    await sleep(25);
  }
  throw new Error(`the review of ${model} 1 is ${JSON.stringify(await admin.getReview(model, 1))}`);
};

const codeOf = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call;
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown.code;
    throw thrown;
  }
  return 'none';
};

describe('a candidate that waits', () => {
  it('is to be decided within 30 days, unless its pipeline says otherwise', async () => {
    const usual = await createWorkshop(admin, 'usual');
    const patient = await createWorkshop(admin, 'patient', 'review: { expireAfterDays: null }\n');
    await usual.register();
    await patient.register();
    const { createdAt, expiresAt, reminders } = await admin.getReview('usual', 1);
    expect(Date.parse(expiresAt ?? '') - Date.parse(createdAt)).toBe(30 * 86_400_000);
    expect(reminders).toBe(0);
    expect((await admin.getReview('patient', 1)).expiresAt).toBeNull();
  });

  it('is reminded of once for all the reminders that a registry which was down has missed', async () => {
    const { register } = await createWorkshop(admin, 'forgotten');
    await register();
    const events: RegistryEvent[] = [];
    const end = new AbortController();
    const reading = (async () => {
      for await (const event of registry.as('viewer').events({ signal: end.signal, after: 0 })) events.push(event);
    })();
    await age('forgotten', '3 days 1 hour');
    await registry.restart();
    const review = await reviewUntil('forgotten', ({ reminders }) => reminders > 0);
    expect(review).toMatchObject({ reminders: 1, remindedAt: expect.any(String) });
    await registry.restart();
    await sleep(300);
    expect((await admin.getReview('forgotten', 1)).reminders).toBe(1);
    await age('forgotten', '25 hours');
    await registry.restart();
    await reviewUntil('forgotten', ({ reminders }) => reminders === 2);
    while (events.filter(({ kind }) => kind === 'reminder').length < 2) await sleep(25);
    end.abort();
    await reading.catch(() => undefined);
    expect(events.filter(({ kind }) => kind === 'reminder').map(({ subject }) => subject)).toEqual([
      'forgotten/1',
      'forgotten/1',
    ]);
  });

  it('expires, which its history says; nothing is decided on it or promoted from it, and its pipeline can make another', async () => {
    const { register, approve, promote } = await createWorkshop(admin, 'late');
    await register();
    await age('late', '31 days');
    await registry.restart();
    const { decisions, reminders } = await reviewUntil('late', (review) => review.decisions.length > 0);
    expect(decisions).toMatchObject([{ by: 'registry', decision: 'expire', reason: 'nobody decided within 30 days' }]);
    expect(reminders).toBe(0);
    expect((await admin.getModelVersion('late', 1)).state).toBe('expired');
    expect(await admin.listReviews({ model: 'late' })).toEqual([]);
    expect(await codeOf(approve(1))).toBe('conflict');
    expect(await codeOf(promote(1))).toBe('refused');
    expect(await register()).toMatchObject({ version: 2, state: 'candidate' });
    expect((await admin.getModelVersion('late', 1)).state).toBe('expired');
  });

  it('expires although an approval of two is there; reopened by an admin it waits anew, and needs both again', async () => {
    const { register, approve } = await createWorkshop(admin, 'half');
    await register({ requiredApprovals: 2 });
    await approve(1, registry.as('reviewer'));
    expect(await codeOf(admin.reopenVersion('half', 1, { reason: 'too early' }))).toBe('conflict');
    await age('half', '31 days');
    await registry.restart();
    await reviewUntil('half', (review) => review.decisions.length === 2);
    const reopen = (who: string) => registry.as(who).reopenVersion('half', 1, { reason: 'we were on holiday' });
    expect(await codeOf(reopen('reviewer'))).toBe('forbidden');
    expect((await reopen('admin')).state).toBe('candidate');
    expect((await reopen('admin')).state).toBe('candidate');
    const { approvals, decisions, expiresAt } = await admin.getReview('half', 1);
    expect(approvals).toEqual([]);
    expect(decisions.map(({ decision }) => decision)).toEqual(['approve', 'expire', 'reopen']);
    expect(Date.parse(expiresAt ?? '')).toBeGreaterThan(Date.now() + 29 * 86_400_000);
    await approve(1, registry.as('reviewer'));
    await approve(1, registry.as('second-reviewer'));
    expect((await admin.getModelVersion('half', 1)).state).toBe('approved');
  });

  it('that its gate had blocked is blocked again once reopened, and none is reopened under a newer one that waits', async () => {
    const { register } = await createWorkshop(admin, 'blocked');
    await register({ gateVerdict: 'fail' });
    await age('blocked', '31 days');
    await registry.restart();
    await reviewUntil('blocked', (review) => review.decisions.length > 0);
    expect((await admin.reopenVersion('blocked', 1, { reason: 'once more' })).state).toBe('blocked');
    await age('blocked', '31 days');
    await registry.restart();
    await reviewUntil('blocked', (review) => review.decisions.length === 3);
    await register();
    expect(await codeOf(admin.reopenVersion('blocked', 1, { reason: 'again' }))).toBe('refused');
  });

  it('once approved does not expire', async () => {
    const { register, approve } = await createWorkshop(admin, 'decided');
    await register();
    await approve(1);
    await age('decided', '31 days');
    await registry.restart();
    await sleep(300);
    expect((await admin.getModelVersion('decided', 1)).state).toBe('approved');
  });
});
