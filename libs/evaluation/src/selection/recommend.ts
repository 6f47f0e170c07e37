/**
 * Which candidate to deploy. Of those within the limits, the cheapest whose accuracy isn't shown to be worse than that of the most
 * accurate one: an advantage that may be chance is no reason to pay for it with every request. Says why in plain words.
 */
import type { Recommendation, SelectionLimits, SelectionWarning } from '@graft/contracts';
import { notShownWorse } from './choose-finalists.js';
import { accuracyOf, cheapest, compareContenders, isCheaper, mostAccurate, type Contender } from './contender.js';
import { formatAccuracy, formatBytes, formatImages, formatMs, formatP, formatPoints, formatShare } from './phrases.js';
import { fewImages, biggestNotBest, domainFar, type DomainView } from './selection-warnings.js';
import { brokenLimits } from './standings.js';

export interface RecommendOptions {
  /** With the probes' answers. */
  readonly contenders: readonly Contender[];
  /** With the answers of their fine-tuned models on the val images, and what those cost. None: the probes decide. */
  readonly finalists: readonly Contender[];
  readonly limits: SelectionLimits;
  readonly alpha: number;
  readonly domain: readonly DomainView[];
}

export interface Advice {
  /** Null where every candidate breaks a limit. */
  readonly recommendation: Recommendation | null;
  readonly warnings: readonly SelectionWarning[];
}

const byName = (contenders: readonly Contender[], name: string): Contender | null =>
  contenders.find(({ candidate }) => candidate === name) ?? null;

/** Fine-tuned, a finalist that the probes showed to be worse must at least draw level to count as not worse. */
const stillStanding = (
  finalists: readonly Contender[],
  { contenders, alpha }: Pick<RecommendOptions, 'contenders' | 'alpha'>,
): Contender[] => {
  const best = mostAccurate(finalists);
  const probeOfBest = best === null ? null : byName(contenders, best.candidate);
  return notShownWorse(finalists, alpha).filter((one) => {
    const probe = byName(contenders, one.candidate);
    if (best === null || probe === null || probeOfBest === null || one === best) return true;
    if (probe.answersOf !== null || !compareContenders(probe, probeOfBest, alpha).isShownWorse) return true;
    return accuracyOf(one).value >= accuracyOf(best).value;
  });
};

const costs = ({ p50Ms, sizeBytes }: Contender): string => `${formatMs(p50Ms)} and ${formatBytes(sizeBytes)}`;

/** Why it is this one, a sentence each. @param how what the answers come from. */
const reasonsFor = (
  chosen: Contender,
  feasible: readonly Contender[],
  { best, alpha, how }: { best: Contender; alpha: number; how: 'fine-tuned' | 'probed' },
): string[] => {
  const right = formatAccuracy(accuracyOf(chosen));
  const own =
    (how === 'fine-tuned'
      ? `fine-tuned, ${chosen.candidate} names ${right} of ${chosen.right.length} val images right`
      : `on its frozen features, ${chosen.candidate} names ${right} of ${formatImages(chosen.right.length)} right in cross-validation`) +
    `, and takes ${costs(chosen)}`;
  if (chosen === best) {
    const worse = feasible.filter((one) => one !== chosen && isCheaper(one, chosen));
    return [
      own,
      worse.length === 0
        ? 'nothing within the limits is more accurate, and nothing is cheaper'
        : `nothing within the limits is more accurate; what is cheaper is shown to be worse: ${worse
            .map((one) => {
              const { difference, mcnemarP } = compareContenders(one, chosen, alpha);
              return `${one.candidate} by ${formatPoints(difference.value)} (p ${formatP(mcnemarP)})`;
            })
            .join(', ')}`,
    ];
  }
  const { difference, mcnemarP } = compareContenders(chosen, best, alpha);
  const gap =
    difference.value === 0
      ? 'the same, and'
      : `${formatPoints(difference.value)} more, which is not shown to be more than chance, and`;
  const upper = `${formatPoints(difference.upper)} ${difference.upper < 0 ? 'worse' : 'better'}`;
  const others = notShownWorse(feasible, alpha).length;
  return [
    own,
    `${best.candidate}, the most accurate, names ${formatShare(accuracyOf(best).value)} right, ${gap} takes ${costs(best)} ` +
      `(on the same images ${chosen.candidate} is between ${formatPoints(difference.lower)} worse and ${upper}, p ${formatP(mcnemarP)})`,
    `it is the cheapest of the ${others} within the limits that are not shown to be worse`,
  ];
};

const noneFeasible = (
  contenders: readonly Contender[],
  limits: SelectionLimits,
  certainty: 'shown' | 'measured',
): SelectionWarning => ({
  kind: 'none_feasible',
  message: `every candidate breaks a limit: ${contenders
    .map((one) => {
      const broken = brokenLimits(one, limits, certainty).map(({ detail }) => detail);
      return `${one.candidate} ${broken.length > 0 ? broken.join(', ') : 'was not fine-tuned'}`;
    })
    .join('; ')}`,
});

const present = (warnings: readonly (SelectionWarning | null)[]): SelectionWarning[] =>
  warnings.flatMap((warning) => (warning === null ? [] : [warning]));

/**
 * @throws AppError `invalid_request` unless all contenders answered the same images, and all finalists did.
 */
export const recommend = (options: RecommendOptions): Advice => {
  const { contenders, finalists, limits, alpha, domain } = options;
  const isFinal = finalists.length > 0;
  const within = (pool: readonly Contender[]): Contender[] =>
    pool.filter((one) => one.answersOf === null && brokenLimits(one, limits, 'measured').length === 0);
  const feasible = within(isFinal ? finalists : contenders);
  const best = mostAccurate(feasible);
  const general = [biggestNotBest(contenders, alpha), domainFar(domain)];
  const standing = isFinal ? stillStanding(feasible, options) : notShownWorse(feasible, alpha);
  const chosen = cheapest(standing);
  if (best === null || chosen === null) {
    const pool = isFinal ? finalists : contenders;
    return { recommendation: null, warnings: present([noneFeasible(pool, limits, 'measured'), ...general]) };
  }

  const reasons = reasonsFor(chosen, feasible, { best, alpha, how: isFinal ? 'fine-tuned' : 'probed' });
  const probe = byName(contenders, chosen.candidate);
  if (isFinal && probe !== null && probe.answersOf === null)
    reasons.push(
      `its frozen features alone name ${formatAccuracy(accuracyOf(probe))} of ${formatImages(probe.right.length)} right in cross-validation`,
    );
  const byProbe = cheapest(notShownWorse(within(contenders), alpha));
  const disagree: SelectionWarning | null =
    isFinal && byProbe !== null && probe?.answersOf === null && byProbe.candidate !== chosen.candidate
      ? {
          kind: 'finalists_disagree',
          message: `the probes alone would have chosen ${byProbe.candidate}; fine-tuned, it is ${chosen.candidate}`,
        }
      : null;
  // The probes have more images than the val split: where both tell the two apart, they say more.
  const [probeOfBest, known] = [byName(contenders, best.candidate), probe?.answersOf === null ? probe : null];
  const uncertain =
    known !== null && probeOfBest !== null && probeOfBest.answersOf === null
      ? fewImages(known, probeOfBest, alpha)
      : fewImages(chosen, best, alpha);
  return {
    recommendation: { candidate: chosen.candidate, reasons },
    warnings: present([...general, uncertain, disagree]),
  };
};
