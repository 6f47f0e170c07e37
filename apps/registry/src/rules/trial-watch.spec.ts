import { LATENCY_BOUNDS_MS, type TrialCounts, type TrialReport } from '@graft/contracts';
import { createRandom } from '@graft/data';
import { describe, expect, it } from '@jest/globals';
import {
  evidenceOf,
  findBreach,
  lookAgain,
  NEW_TESTS,
  nextStep,
  NOTHING_COUNTED,
  sumReports,
  type TrialSums,
  type TrialTests,
} from './trial-watch.js';

const ID = '0190c5a2-0000-7000-8000-000000000000';
const counts = (requests: number, errors = 0, latency: Readonly<Record<number, number>> = {}): TrialCounts => ({
  ...{ requests, errors },
  latency: [...LATENCY_BOUNDS_MS, Infinity].map((_, at) => latency[at] ?? 0),
});
const report = (champion: TrialCounts, trial: TrialCounts): TrialReport => ({
  ...{ trialId: ID, instance: ID, champion, trial, compared: 2, differ: 1 },
});
const NO_LABELS = { champion: { n: 0, bad: 0 }, trial: { n: 0, bad: 0 } };

interface Server {
  /** Shares of its requests. */
  readonly fails: number;
  readonly slow: number;
  readonly wrong: number;
}

/** Requests to a canary of a tenth and its champion, with a look each second; answers the breach, or null. */
const watch = (seed: number, servers: { champion: Server; trial: Server }, looks = 200): string | null => {
  const random = createRandom(seed);
  let tests: TrialTests = NEW_TESTS;
  let seen: TrialSums = NOTHING_COUNTED;
  for (let at = 0; at < looks; at++) {
    const now = structuredClone(seen) as { -readonly [K in keyof TrialSums]: TrialSums[K] };
    for (let i = 0; i < 20; i++) {
      const side = random() < 0.1 ? 'trial' : 'champion';
      const { fails, slow, wrong } = servers[side];
      const failed = random() < fails;
      const bucket = random() < slow ? 12 : 4 + Math.floor(random() * 3);
      const { requests, errors, latency, labels } = now[side];
      const labelled = !failed && random() < 0.3;
      now[side] = {
        requests: requests + 1,
        errors: errors + (failed ? 1 : 0),
        latency: latency.map((count, index) => count + (!failed && index === bucket ? 1 : 0)),
        labels: { n: labels.n + (labelled ? 1 : 0), bad: labels.bad + (labelled && random() < wrong ? 1 : 0) },
      };
    }
    tests = lookAgain(tests, seen, now);
    seen = now;
    const breach = findBreach(tests, { alpha: 0.05 });
    if (breach !== null) return breach;
  }
  return null;
};

const WELL: Server = { fails: 0.01, slow: 0.04, wrong: 0.08 };

describe('the watch of a canary', () => {
  it('takes back one in twenty at most that are as good as their champion', () => {
    const breaches = Array.from({ length: 200 }, (_, seed) => watch(seed, { champion: WELL, trial: WELL }));
    expect(breaches.filter((breach) => breach !== null).length).toBeLessThanOrEqual(10);
  });

  it.each([
    [
      'fails more often',
      { ...WELL, fails: 0.15 },
      /^failed requests: \d+ of \d+ against \d+ of \d+ of the champion's \(p /,
    ],
    ['is slower', { ...WELL, slow: 0.4 }, /^slow answers: /],
    ['is wrong more often', { ...WELL, wrong: 0.6 }, /^wrong answers, by their true labels: /],
  ])('finds one that %s, and says so', (_, trial, said) => {
    const breaches = Array.from({ length: 20 }, (_each, seed) => watch(seed, { champion: WELL, trial }));
    expect(breaches.filter((breach) => breach !== null && said.test(breach)).length).toBeGreaterThanOrEqual(19);
  });
});

describe('what replicas count', () => {
  it('is summed over processes, side by side', () => {
    const sums = sumReports([report(counts(3, 1, { 0: 2 }), counts(1)), report(counts(4), counts(2, 1, { 27: 1 }))], {
      champion: { n: 5, bad: 1 },
      trial: { n: 1, bad: 0 },
    });
    expect(sums).toMatchObject({
      champion: { requests: 7, errors: 1, labels: { n: 5, bad: 1 } },
      trial: { requests: 3, errors: 1, labels: { n: 1, bad: 0 } },
      ...{ compared: 4, differ: 2 },
    });
    expect([sums.champion.latency[0], sums.trial.latency[27]]).toEqual([2, 1]);
  });

  it('is slow by what the champion was before, and says nothing while too little is known', () => {
    const fast = sumReports([report(counts(100, 0, { 3: 96, 9: 4 }), counts(10, 0, { 3: 10 }))], NO_LABELS);
    const first = lookAgain(NEW_TESTS, NOTHING_COUNTED, fast);
    expect(first.latency).toEqual(NEW_TESTS.latency);
    const more = sumReports(
      [report(counts(200, 0, { 3: 190, 4: 5, 9: 5 }), counts(20, 0, { 3: 10, 9: 10 }))],
      NO_LABELS,
    );
    expect(evidenceOf(lookAgain(first, fast, more)).latency).toMatchObject({
      champion: { n: 100, bad: 6 },
      trial: { n: 10, bad: 10 },
    });
  });

  it('is no news where a label was taken back', () => {
    const before = sumReports([], { champion: { n: 10, bad: 5 }, trial: { n: 5, bad: 5 } });
    const after = sumReports([], { champion: { n: 9, bad: 3 }, trial: { n: 6, bad: 4 } });
    expect(evidenceOf(lookAgain(NEW_TESTS, before, after)).labels).toMatchObject({ champion: { n: 0 }, p: 1 });
  });
});

describe('a step', () => {
  const policy = { steps: [1, 50], stepSeconds: 60, stepRequests: 10 };
  it('lasts its time, and its requests', () => {
    const at = (step: number, stepAgeSeconds: number, stepRequests: number) =>
      nextStep({ policy, step, stepAgeSeconds, stepRequests });
    expect([at(0, 59, 10), at(0, 60, 9), at(0, 60, 10), at(1, 60, 10)]).toEqual(['wait', 'wait', 'step', 'through']);
  });
});
