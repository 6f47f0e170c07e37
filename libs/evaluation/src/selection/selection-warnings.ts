/** What a person should know before they follow a recommendation. */
import type { SelectionWarning } from '@graft/contracts';
import { accuracyOf, compareContenders, mostAccurate, type Contender } from './contender.js';
import { formatImages, formatMillions, formatP, formatPoints, formatShare } from './phrases.js';

/** A loss of so many points would matter to most, and must not hide in an interval unsaid. */
const LARGE_LOSS = 0.05;

/** Null where the biggest candidate is shown to be more accurate than all others, or there are no two sizes. */
export const biggestNotBest = (contenders: readonly Contender[], alpha: number): SelectionWarning | null => {
  const measured = contenders.filter(({ answersOf }) => answersOf === null);
  const [biggest] = [...measured].sort((a, b) => b.parameters - a.parameters);
  if (biggest === undefined) return null;
  const smaller = measured.filter(({ parameters }) => parameters < biggest.parameters);
  const best = mostAccurate(smaller);
  if (best === null) return null;
  const { difference, mcnemarP, isShownBetter, isShownWorse } = compareContenders(biggest, best, alpha);
  if (isShownBetter) return null;
  const found =
    `the biggest candidate, ${biggest.candidate} (${formatMillions(biggest.parameters)} parameters), names ` +
    `${formatShare(accuracyOf(biggest).value)} right, and ${best.candidate} (${formatMillions(best.parameters)}) ` +
    `${formatShare(accuracyOf(best).value)}`;
  const verdict = isShownWorse
    ? `it is ${formatPoints(difference.value)} worse (p ${formatP(mcnemarP)})`
    : difference.value > 0
      ? `${formatPoints(difference.value)} more, which may be chance (p ${formatP(mcnemarP)})`
      : 'it is no better';
  return { kind: 'biggest_not_best', message: `${found}: ${verdict}` };
};

/** What is known of how a candidate's network sees the images. */
export interface DomainView {
  readonly candidate: string;
  /** Mean probability of the first guess of the network's own classifier; null: unknown. */
  readonly familiarity: number | null;
  /** What that says; null: unknown. */
  readonly familiar: boolean | null;
}

/** Null where most networks that can tell find the images familiar, or none can tell. */
export const domainFar = (views: readonly DomainView[]): SelectionWarning | null => {
  const known = views.filter(({ familiar }) => familiar !== null);
  const strange = known.filter(({ familiar }) => familiar === false);
  if (strange.length * 2 <= known.length) return null;
  const sure = strange.map(
    ({ candidate, familiarity }) => `${candidate} ${familiarity === null ? '' : `${Math.round(100 * familiarity)}%`}`,
  );
  return {
    kind: 'domain_far',
    message:
      `the images look unlike ImageNet's: the networks' own classifiers are unsure of what they see (${sure.join(', ')} sure on ` +
      'average). Ranks on frozen features may change when more than a head is trained: fine-tune more finalists, ' +
      'with strategy partial or full',
  };
};

/** Null where the chosen one can't be much worse than the most accurate. */
export const fewImages = (chosen: Contender, best: Contender, alpha: number): SelectionWarning | null => {
  const { difference } = compareContenders(chosen, best, alpha);
  if (chosen === best || difference.lower > -LARGE_LOSS) return null;
  return {
    kind: 'few_images',
    message:
      `${formatImages(chosen.right.length)} can't rule out that ${chosen.candidate} is up to ${formatPoints(difference.lower)} ` +
      `worse than ${best.candidate}: land more, or ask for what you need with a least accuracy`,
  };
};
