/** What is known of a trial, from counts that only grow. Pure. */
import {
  LATENCY_BOUNDS_MS,
  TRIAL_MEASURES,
  type Trial,
  type TrialCounts,
  type TrialEvidence,
  type TrialMeasure,
  type TrialPolicy,
  type TrialReport,
  type Tally,
} from '@graft/contracts';
import { alwaysValidP, newSequentialTest, observe, type SequentialTest, type TwoTallies } from '@graft/evaluation';

/** Of one version: what replicas counted, and what true labels said. */
export interface SideCounts extends TrialCounts {
  readonly labels: Tally;
}

export interface TrialSums {
  readonly champion: SideCounts;
  readonly trial: SideCounts;
  readonly compared: number;
  readonly differ: number;
}

export type TrialTests = Readonly<Record<TrialMeasure, SequentialTest>>;

const EMPTY: SideCounts = {
  ...{ requests: 0, errors: 0, latency: Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0) },
  labels: { n: 0, bad: 0 },
};
export const NOTHING_COUNTED: TrialSums = { champion: EMPTY, trial: EMPTY, compared: 0, differ: 0 };
export const NEW_TESTS: TrialTests = {
  errors: newSequentialTest(),
  latency: newSequentialTest(),
  labels: newSequentialTest(),
};

const sumSide = (side: SideCounts, counts: TrialCounts): SideCounts => ({
  requests: side.requests + counts.requests,
  errors: side.errors + counts.errors,
  latency: side.latency.map((count, at) => count + (counts.latency[at] ?? 0)),
  labels: side.labels,
});

/** @param labels wrong answers among those whose true label is known, of both versions */
export const sumReports = (
  reports: readonly TrialReport[],
  labels: { readonly champion: Tally; readonly trial: Tally },
): TrialSums => {
  const counted = reports.reduce<TrialSums>(
    (sums, report) => ({
      champion: sumSide(sums.champion, report.champion),
      trial: sumSide(sums.trial, report.trial),
      compared: sums.compared + report.compared,
      differ: sums.differ + report.differ,
    }),
    NOTHING_COUNTED,
  );
  return {
    ...counted,
    champion: { ...counted.champion, labels: labels.champion },
    trial: { ...counted.trial, labels: labels.trial },
  };
};

/** Counts grow; a label that was corrected may take one back, which is then no news. */
const since = (before: Tally, now: Tally): Tally => {
  const n = Math.max(0, now.n - before.n);
  return { n, bad: Math.min(n, Math.max(0, now.bad - before.bad)) };
};

/** An answer is slow when it is slower than so large a share of the champion's were. */
const SLOW_SHARE = 0.95;
/** The champion's answers that it takes to say what is slow. */
const LEAST_ANSWERS = 20;

/** The first bucket that counts as slow, by what was seen of the champion; null while too little was. */
const slowFrom = ({ champion }: TrialSums): number | null => {
  const total = champion.latency.reduce((sum, count) => sum + count, 0);
  if (total < LEAST_ANSWERS) return null;
  let below = 0;
  for (const [at, count] of champion.latency.entries()) {
    below += count;
    if (below >= SLOW_SHARE * total) return at + 1;
  }
  return null;
};

const slowOf = ({ latency }: SideCounts, from: number): Tally => ({
  n: latency.reduce((sum, count) => sum + count, 0),
  bad: latency.slice(from).reduce((sum, count) => sum + count, 0),
});
const errorsOf = ({ requests, errors }: SideCounts): Tally => ({ n: requests, bad: Math.min(requests, errors) });
const labelsOf = ({ labels }: SideCounts): Tally => labels;

const blockOf = (seen: TrialSums, now: TrialSums, tallyOf: (side: SideCounts) => Tally): TwoTallies => ({
  control: since(tallyOf(seen.champion), tallyOf(now.champion)),
  trial: since(tallyOf(seen.trial), tallyOf(now.trial)),
});

/** Another look: what came since the last one is a block for each test. What is slow is judged by what was seen before it. */
export const lookAgain = (tests: TrialTests, seen: TrialSums, now: TrialSums): TrialTests => {
  const slow = slowFrom(seen);
  return {
    errors: observe(tests.errors, blockOf(seen, now, errorsOf)),
    latency:
      slow === null
        ? tests.latency
        : observe(
            tests.latency,
            blockOf(seen, now, (side) => slowOf(side, slow)),
          ),
    labels: observe(tests.labels, blockOf(seen, now, labelsOf)),
  };
};

export const evidenceOf = (tests: TrialTests): Trial['evidence'] => {
  const tell = (test: SequentialTest): TrialEvidence => ({
    ...{ champion: test.seen.control, trial: test.seen.trial },
    p: Math.min(1, alwaysValidP(test)),
  });
  return { errors: tell(tests.errors), latency: tell(tests.latency), labels: tell(tests.labels) };
};

const SAID: Readonly<Record<TrialMeasure, string>> = {
  errors: 'failed requests',
  latency: 'slow answers',
  labels: 'wrong answers, by their true labels',
};
const shareOf = ({ n, bad }: Tally): string => `${bad} of ${n}`;

/** Why a trial is to be ended: what is known to go wrong more often, each test at its part of α (Bonferroni); null: nothing is. */
export const findBreach = (tests: TrialTests, { alpha }: Pick<TrialPolicy, 'alpha'>): string | null => {
  const evidence = evidenceOf(tests);
  const worse = TRIAL_MEASURES.filter((measure) => evidence[measure].p <= alpha / TRIAL_MEASURES.length);
  if (worse.length === 0) return null;
  return worse
    .map((measure) => {
      const { champion, trial, p } = evidence[measure];
      return `${SAID[measure]}: ${shareOf(trial)} against ${shareOf(champion)} of the champion's (p ${p.toPrecision(2)})`;
    })
    .join('; ');
};

export interface TrialProgress {
  readonly policy: Pick<TrialPolicy, 'steps' | 'stepSeconds' | 'stepRequests'>;
  readonly step: number;
  readonly stepAgeSeconds: number;
  readonly stepRequests: number;
}

/** Whether a step has lasted: long enough, and on enough requests. */
export const nextStep = ({
  policy,
  step,
  stepAgeSeconds,
  stepRequests,
}: TrialProgress): 'wait' | 'step' | 'through' => {
  if (stepAgeSeconds < policy.stepSeconds || stepRequests < policy.stepRequests) return 'wait';
  return step + 1 < policy.steps.length ? 'step' : 'through';
};
