/** Which candidates are worth fine-tuning. */
import type { SelectionLimits } from '@graft/contracts';
import { cheapest, compareContenders, mostAccurate, type Contender } from './contender.js';
import { brokenLimits, frontOf } from './standings.js';

/** Those that aren't shown to be less accurate than the most accurate of them. */
export const notShownWorse = <C extends Contender>(contenders: readonly C[], alpha: number): C[] => {
  const best = mostAccurate(contenders);
  if (best === null) return [];
  return contenders.filter((one) => one === best || !compareContenders(one, best, alpha).isShownWorse);
};

/**
 * Names of `count` candidates within the limits, fewer where there are no more; of one form that is made from another, both. First the one that the probes recommend: the cheapest that isn't shown to
 * be less accurate. Then the one whose answers stood for it, so that the loss is seen; the most accurate one; and others by
 * accuracy, those on the front of accuracy, latency and size before those that are not.
 */
export const chooseFinalists = ({
  contenders,
  limits,
  alpha,
  count,
}: {
  readonly contenders: readonly Contender[];
  readonly limits: SelectionLimits;
  readonly alpha: number;
  readonly count: number;
}): string[] => {
  const feasible = contenders.filter((one) => brokenLimits(one, limits, 'shown').length === 0);
  const onFront = new Set(frontOf(feasible).flatMap((place) => (place.onFront ? [place.candidate] : [])));
  const chosen: Contender[] = [];
  const addByAccuracy = (pool: readonly Contender[]): void => {
    for (;;) {
      const next = mostAccurate(pool.filter((one) => !chosen.includes(one)));
      if (next === null) return;
      chosen.push(next);
    }
  };
  const first = cheapest(notShownWorse(feasible, alpha));
  if (first !== null) chosen.push(first);
  addByAccuracy(feasible.filter(({ candidate }) => candidate === first?.answersOf));
  addByAccuracy(feasible.filter(({ candidate }) => onFront.has(candidate)));
  addByAccuracy(feasible);
  // Alone, a form whose loss was not measured would be held against nothing.
  const isPair = first !== null && chosen[1]?.candidate === first.answersOf;
  return chosen.slice(0, isPair && count > 0 ? Math.max(count, 2) : count).map(({ candidate }) => candidate);
};
