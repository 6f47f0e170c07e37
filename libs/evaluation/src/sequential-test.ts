/**
 * Whether one stream of requests goes wrong more often than another, looked at as often as one likes: the error of calling two equal
 * streams unequal stays below α over the whole of the watch, however long it lasts and whenever it is stopped.
 *
 * An e-process: what comes is bet on in blocks, by what was seen before; under "no worse" the stake grows in no expectation, so that it
 * ever reaches 1/α with probability α at most (Ville's inequality). The bet is that of R. J. Turner, A. Ly, P. D. Grünwald, "Generic
 * E-variables for exact sequential k-sample tests that allow for optional stopping", JSPI 230 (2024), theorem 1, with their prior
 * for two proportions, and with no bet where the second stream looks the better one.
 */

import type { Tally } from '@graft/contracts';

export interface TwoTallies {
  /** What is trusted. */
  readonly control: Tally;
  /** What may be worse. */
  readonly trial: Tally;
}

/** Plain data: it can be kept, and gone on with. */
export interface SequentialTest {
  /** All that was bet on. */
  readonly seen: TwoTallies;
  /** What came since of one stream alone: a bet needs both. */
  readonly pending: TwoTallies;
  /** The logarithm of the stake as it is. */
  readonly logStake: number;
  /** Of the largest that it ever was, by which it is judged. */
  readonly logPeak: number;
}

const NONE: Tally = { n: 0, bad: 0 };
const NEITHER: TwoTallies = { control: NONE, trial: NONE };

export const newSequentialTest = (): SequentialTest => ({
  ...{ seen: NEITHER, pending: NEITHER },
  ...{ logStake: 0, logPeak: 0 },
});

const sum = (one: Tally, other: Tally): Tally => ({ n: one.n + other.n, bad: one.bad + other.bad });
const sumBoth = (one: TwoTallies, other: TwoTallies): TwoTallies => ({
  control: sum(one.control, other.control),
  trial: sum(one.trial, other.trial),
});

/** Parameter of the beta prior of each proportion. */
const PRIOR = 0.18;
const expected = ({ n, bad }: Tally): number => (bad + PRIOR) / (n + 2 * PRIOR);

const logLikelihood = ({ n, bad }: Tally, share: number): number =>
  bad * Math.log(share) + (n - bad) * Math.log1p(-share);

/** The logarithm of what a stake of 1 becomes by a block, bet on by what was seen before it. */
const logGain = (seen: TwoTallies, { control, trial }: TwoTallies): number => {
  const good = expected(seen.control);
  const worse = expected(seen.trial);
  if (worse <= good) return 0;
  const n = control.n + trial.n;
  const same = (control.n * good + trial.n * worse) / n;
  return (
    logLikelihood(control, good) +
    logLikelihood(trial, worse) -
    logLikelihood({ n, bad: control.bad + trial.bad }, same)
  );
};

/**
 * What is known after another block. How many requests are in a block may depend on anything but on how they went.
 * @throws RangeError for counts that are none
 */
export const observe = (test: SequentialTest, block: TwoTallies): SequentialTest => {
  for (const { n, bad } of [block.control, block.trial]) {
    if (!Number.isInteger(n) || !Number.isInteger(bad) || bad < 0 || bad > n) {
      throw new RangeError(`${bad} of ${n} requests is no count`);
    }
  }
  const pending = sumBoth(test.pending, block);
  if (pending.control.n === 0 || pending.trial.n === 0) return { ...test, pending };
  const logStake = test.logStake + logGain(test.seen, pending);
  return {
    ...{ seen: sumBoth(test.seen, pending), pending: NEITHER },
    ...{ logStake, logPeak: Math.max(test.logPeak, logStake) },
  };
};

/** An upper bound of the probability of such evidence, at any time, where the second stream is no worse: a p-value that is always valid. */
export const alwaysValidP = ({ logPeak }: SequentialTest): number => Math.exp(-logPeak);
