/**
 * The gate: whether a candidate may take the champion's place.
 *
 * fail: a threshold is broken, a first version is worse than guessing, or the candidate is significantly worse on the
 * whole or in a class. That holds even where the loss lies within the margin: each of many promotions could lose a little,
 * and together they would lose a lot.
 * pass: not inferior, that is, the lower bound of the paired difference is at or above −margin.
 * insufficient: neither was shown. Superiority is reported and never asked for.
 *
 * A form that was made from another one (quantized, pruned) is held against that one in the same way.
 */
import type { Gate, GatePolicy, GateVerdict, Metrics, Paired } from '@graft/contracts';
import { imagesNeededForMargin } from './images-needed.js';

type Check = Gate['checks'][number];

export interface JudgeInput {
  readonly policy: GatePolicy;
  /** Of the candidate, on the test split. */
  readonly metrics: Metrics;
  readonly latency: { readonly p50Ms: number };
  readonly sizeBytes: number;
  /** Null where there is no champion: then the thresholds alone decide. */
  readonly paired: Paired | null;
  /** The form that it was made from; null or left out where it was made from none. */
  readonly original?: { readonly name: string; readonly paired: Paired } | null;
}

/** Whom a candidate is held against, and how its checks are called. */
interface Against {
  /** For a person. */
  readonly who: string;
  /** Ends the name of a check; nothing for the champion, whom every candidate is held against. */
  readonly suffix: (preposition: 'than' | 'to') => string;
}

const CHAMPION: Against = { who: 'champion', suffix: () => '' };

const percent = (share: number): string => `${(share * 100).toFixed(2)}%`;
const points = (share: number): string => `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(2)} points`;
const probability = (p: number): string => (p < 0.001 ? p.toExponential(1) : p.toFixed(3));

const thresholdChecks = ({ policy, metrics, latency, sizeBytes }: JudgeInput): Check[] => {
  const checks: Check[] = [];
  if (policy.minAccuracy !== undefined) {
    const { value, lower, upper, n } = metrics.accuracy;
    checks.push({
      name: 'min-accuracy',
      verdict: value >= policy.minAccuracy ? 'pass' : 'fail',
      detail: `accuracy ${percent(value)} (95%: ${percent(lower)} to ${percent(upper)}, ${n} images), asked for at least ${percent(policy.minAccuracy)}`,
    });
  }
  if (policy.maxLatencyMs !== undefined) {
    checks.push({
      name: 'max-latency',
      verdict: latency.p50Ms <= policy.maxLatencyMs ? 'pass' : 'fail',
      detail: `median latency ${latency.p50Ms.toFixed(2)} ms, asked for at most ${policy.maxLatencyMs} ms`,
    });
  }
  if (policy.maxBytes !== undefined) {
    checks.push({
      name: 'max-bytes',
      verdict: sizeBytes <= policy.maxBytes ? 'pass' : 'fail',
      detail: `artifact of ${sizeBytes} bytes, asked for at most ${policy.maxBytes}`,
    });
  }
  return checks;
};

/**
 * Worse than guessing, where no champion is there to tell: below chance on the mean of the classes, and significantly below always
 * naming the most frequent label. One alone may be the price of rare classes done right; both are labels in another order, or images
 * prepared in another way. Nothing is said of those that are better.
 */
const guessingCheck = ({ metrics, paired }: JudgeInput): Check[] => {
  const { accuracy, balancedAccuracy, perClass, images } = metrics;
  const chance = 1 / perClass.length;
  const mostFrequent = Math.max(...perClass.map(({ support }) => support)) / images;
  if (paired !== null || balancedAccuracy >= chance || accuracy.upper >= mostFrequent) return [];
  return [
    {
      name: 'better-than-guessing',
      verdict: 'fail',
      detail:
        `accuracy ${percent(accuracy.value)} (95%: up to ${percent(accuracy.upper)}, ${accuracy.n} images), and always naming the most frequent label ` +
        `would be right on ${percent(mostFrequent)}; mean of the classes ${percent(balancedAccuracy)}, by chance ${percent(chance)}`,
    },
  ];
};

const imagesCheck = ({ policy, metrics, paired }: JudgeInput): Check => {
  const images = paired?.images ?? metrics.images;
  const lacking = policy.minTestImages - images;
  const what = paired ? 'test images compared with the champion' : 'test images';
  return {
    name: 'test-images',
    verdict: lacking > 0 ? 'insufficient' : 'pass',
    detail: `${images} ${what}, asked for at least ${policy.minTestImages}${lacking > 0 ? `: ${lacking} more are needed` : ''}`,
  };
};

const inferiorityCheck = (paired: Paired, { margin, alpha }: GatePolicy, { who, suffix }: Against): Check => {
  const name = `not-inferior${suffix('to')}`;
  const { value, lower, upper } = paired.difference;
  const found = `difference to the ${who} ${points(value)} (${Number(((1 - alpha) * 100).toFixed(2))}%: ${points(lower)} to ${points(upper)}, ${paired.images} images), margin −${(margin * 100).toFixed(2)} points`;
  if (lower >= -margin) return { name, verdict: 'pass', detail: found };
  const needed = imagesNeededForMargin({ ...paired, margin, confidence: 1 - alpha });
  const lack =
    needed === null
      ? 'more images of the same kind would not show it to be within the margin'
      : `about ${Math.max(1, needed - paired.images)} more test images would settle it if the models go on to differ as they do`;
  return { name, verdict: 'insufficient', detail: `${found}; ${lack}` };
};

/** Tests for harm. With too few images they can't clear a candidate, nor is a verdict taken from them. */
const harmChecks = (paired: Paired, alpha: number, { who, suffix }: Against): Check[] => {
  const { onlyCandidateRight, onlyChampionRight, mcnemarP } = paired;
  const worse = mcnemarP < alpha && onlyChampionRight > onlyCandidateRight;
  const hurt = paired.perClass.filter((c) => c.pHolm < alpha && c.onlyChampionRight > c.onlyCandidateRight);
  return [
    {
      name: `not-worse${suffix('than')}`,
      verdict: worse ? 'fail' : 'pass',
      detail: `${onlyCandidateRight} images only the candidate got right, ${onlyChampionRight} only the ${who} (exact McNemar p = ${probability(mcnemarP)})${worse ? ': significantly worse' : ''}`,
    },
    {
      name: `no-class-worse${suffix('than')}`,
      verdict: hurt.length > 0 ? 'fail' : 'pass',
      detail:
        hurt.length === 0
          ? `none of ${paired.perClass.length} classes is significantly worse (McNemar, Holm's correction)`
          : `significantly worse in ${hurt.map((c) => `"${c.label}" (${c.onlyCandidateRight} gained, ${c.onlyChampionRight} lost of ${c.images}, corrected p = ${probability(c.pHolm)})`).join(', ')}`,
    },
  ];
};

const worst = (verdicts: readonly GateVerdict[]): GateVerdict =>
  verdicts.includes('fail') ? 'fail' : verdicts.includes('insufficient') ? 'insufficient' : 'pass';

/** Judges a candidate by a policy. Broken thresholds fail it however few test images there are. */
export const judge = (input: JudgeInput): Gate => {
  const { policy, paired, original = null } = input;
  const enough = imagesCheck(input);
  const compare = (found: Paired, against: Against): Check[] => [
    ...harmChecks(found, policy.alpha, against),
    inferiorityCheck(found, policy, against),
  ];
  const comparison = paired && enough.verdict === 'pass' ? compare(paired, CHAMPION) : [];
  const ofOriginal =
    original && original.paired.images >= policy.minTestImages
      ? compare(original.paired, {
          who: `${original.name} form`,
          suffix: (preposition) => `-${preposition}-${original.name}`,
        })
      : [];
  const checks = [enough, ...guessingCheck(input), ...thresholdChecks(input), ...comparison, ...ofOriginal];
  return {
    verdict: worst(checks.map(({ verdict }) => verdict)),
    superior:
      paired !== null &&
      enough.verdict === 'pass' &&
      paired.mcnemarP < policy.alpha &&
      paired.onlyCandidateRight > paired.onlyChampionRight,
    checks,
  };
};
