/** A trial, for people: where it stands, and what is known of it. */
import { TRIAL_MEASURES, type Trial, type TrialMeasure, type Tally } from '@graft/contracts';
import { formatTable, formatTime, type Cell } from '../output.js';

const WATCHED: Readonly<Record<TrialMeasure, string>> = {
  errors: 'failed requests',
  latency: 'slow answers',
  labels: 'wrong answers (true labels)',
};
const STATES: Readonly<Record<Trial['state'], string>> = {
  running: 'runs',
  passed: 'came through',
  ended: 'was ended',
  rolled_back: 'was taken back',
};

const shareOf = ({ n, bad }: Tally): string => (n === 0 ? '–' : `${((100 * bad) / n).toFixed(1)}% (${bad} of ${n})`);
const probability = (p: number): string => (p < 0.0001 ? p.toExponential(1) : p.toFixed(4));

/** `5% (step 2 of 4)`. */
export const stepOf = ({ policy, step }: Pick<Trial, 'policy' | 'step'>): string =>
  `${policy.steps[step] ?? 0}% of requests (step ${step + 1} of ${policy.steps.length})`;

const progressOf = (trial: Trial): string => {
  const { state, policy, stepRequests, stepSince, ended } = trial;
  if (ended !== null) return `by ${ended.by}, ${formatTime(ended.at)}: ${ended.reason}`;
  const wanted = `at least ${policy.stepRequests} requests and ${policy.stepSeconds} s in each step`;
  return state === 'running'
    ? `${stepOf(trial)} since ${formatTime(stepSince)}, ${stepRequests} requests in it; ${wanted}`
    : '';
};

const rowsOf = ({ evidence, policy }: Trial): Cell[][] =>
  TRIAL_MEASURES.map((measure) => {
    const { champion, trial, p } = evidence[measure];
    const limit = policy.alpha / TRIAL_MEASURES.length;
    return [
      WATCHED[measure],
      shareOf(champion),
      shareOf(trial),
      `${probability(p)} (taken back at ${probability(limit)})`,
    ];
  });

/** A few lines and a table. */
export const formatTrial = (trial: Trial): string => {
  const { role, model, version, variant, environment, championVersion, state, by, reason, at, agreement } = trial;
  const head = `${role} of ${model} version ${version} (${variant}) in ${environment}, beside version ${championVersion}: ${STATES[state]}`;
  const differ =
    agreement.compared === 0
      ? []
      : [`  answers      ${agreement.differ} of ${agreement.compared} that both gave were different`];
  return [
    head,
    `  begun        by ${by}, ${formatTime(at)}: ${reason}`,
    `  ${state === 'running' ? 'now         ' : 'ended       '} ${progressOf(trial)}`,
    ...differ,
    '',
    formatTable(['watched', 'champion', role, 'p of no worse'], rowsOf(trial)),
  ].join('\n');
};
