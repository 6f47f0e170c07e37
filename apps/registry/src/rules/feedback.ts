/** What becomes of feedback, and what it says of a version. Pure. */
import {
  LIVE_WINDOWS,
  type FeedbackReceipt,
  type FeedbackResult,
  type Interval,
  type LiveWindow,
  type ModelVersion,
  type VerifiedFeedback,
  type WindowAccuracy,
} from '@graft/contracts';
import { shareDifference, wilsonInterval, type Share } from '@graft/evaluation';

/** A row that is to be written. `counts`: no later one of the same batch takes its place. */
export interface NewFeedbackRow extends Omit<VerifiedFeedback, 'classIndex'> {
  readonly predicted: string;
  readonly counts: boolean;
}

export interface FeedbackPlan {
  readonly results: readonly FeedbackResult[];
  /** Requests whose label, as it was kept before, counts no more. */
  readonly superseded: readonly string[];
  readonly rows: readonly NewFeedbackRow[];
}

type Refusal = Extract<FeedbackResult, { ok: false }>;
const refuse = (code: Refusal['code'], message: string): Refusal => ({ ok: false, code, message });

const checkItem = (item: VerifiedFeedback, version: ModelVersion | undefined): Refusal | { predicted: string } => {
  const name = `version ${item.version} of ${item.model}`;
  if (version === undefined) {
    return refuse('not_found', `no ${name}: the model has another name since it answered, or another registry has it`);
  }
  const { labels } = version.signature;
  const predicted = labels[item.classIndex];
  if (predicted === undefined) {
    return refuse('invalid_request', `${name} has ${labels.length} classes, and the id says class ${item.classIndex}`);
  }
  if (labels.includes(item.label)) return { predicted };
  return refuse('invalid_request', `"${item.label}" is no label of ${name}; its labels are ${labels.join(', ')}`);
};

/**
 * @param versions those that are there, of the ones that the items name
 * @param counting by request: the label that counts so far
 */
export const planFeedback = (
  items: readonly VerifiedFeedback[],
  { versions, counting }: { versions: readonly ModelVersion[]; counting: ReadonlyMap<string, string> },
): FeedbackPlan => {
  const labels = new Map(counting);
  const superseded = new Set<string>();
  /** The newest row of each request. */
  const newest = new Map<string, NewFeedbackRow>();
  const rows: NewFeedbackRow[] = [];
  const take = (item: VerifiedFeedback): FeedbackResult => {
    const version = versions.find((one) => one.model === item.model && one.version === item.version);
    const checked = checkItem(item, version);
    if ('ok' in checked) return checked;
    const { classIndex: _classIndex, ...fields } = item;
    const { requestId, label, model } = item;
    const before = labels.get(requestId);
    const outcome: FeedbackReceipt['outcome'] =
      before === undefined ? 'kept' : before === label ? 'repeated' : 'corrected';
    if (outcome === 'corrected' && !newest.has(requestId)) superseded.add(requestId);
    if (outcome !== 'repeated') {
      const row = { ...fields, predicted: checked.predicted, counts: true };
      newest.set(requestId, row);
      rows.push(row);
      labels.set(requestId, label);
    }
    return { ok: true, receipt: { model, version: item.version, predicted: checked.predicted, label, outcome } };
  };
  const results = items.map(take);
  return {
    results,
    superseded: [...superseded],
    rows: rows.map((row) => ({ ...row, counts: newest.get(row.requestId) === row })),
  };
};

/** Of all windows together, as Bonferroni has it: any of them may say that a version is below its evaluation. */
const CONFIDENCE = 1 - 0.05 / LIVE_WINDOWS.length;

const ofWindow = (live: Share, evaluation: Interval): WindowAccuracy => {
  const expected = { successes: Math.round(evaluation.value * evaluation.n), n: evaluation.n };
  const difference = shareDifference({ first: live, second: expected, confidence: CONFIDENCE });
  return { accuracy: wilsonInterval(live), difference, isBelow: difference.upper < 0 };
};

/** Live accuracy beside the evaluation's. */
export const windowsOf = (
  counts: Readonly<Record<LiveWindow, Share>>,
  evaluation: Interval,
): Record<LiveWindow, WindowAccuracy> => ({
  day: ofWindow(counts.day, evaluation),
  week: ofWindow(counts.week, evaluation),
  all: ofWindow(counts.all, evaluation),
});
