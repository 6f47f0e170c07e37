/** The steps of which a pruning is made: some channels of one group fewer, or some of them back. */
import { AppError } from '@graft/contracts';
import type { MacTerms } from './mac-terms.js';
import type { PruningTarget } from './pruning-target.js';
import type { ChannelGroup } from './prunable-channels.js';

/** A group on its way from all of its channels down to the fewest. */
export interface Candidate {
  readonly conv: string;
  /** Channels from the least to the most important. */
  readonly order: readonly number[];
  /** Numbers of channels that it can have, descending; the first is all. */
  readonly counts: readonly number[];
  /** Importance of the channels that go at the step from `counts[at]` to `counts[at + 1]`. */
  readonly losses: readonly number[];
}

/** Multiples of `multipleOf` from all channels down to the least that must stay. */
const possibleCounts = (channels: number, { keepAtLeast, multipleOf }: Required<PruningTarget>): readonly number[] => {
  const least = multipleOf * Math.ceil(Math.max(keepAtLeast * channels, 1) / multipleOf);
  const counts = [channels];
  for (let count = multipleOf * Math.ceil(channels / multipleOf - 1); count >= least; count -= multipleOf)
    counts.push(count);
  return counts;
};

/** One group with some channels fewer, or more. */
export interface Step {
  readonly candidate: Candidate;
  /** The position in `counts` that it leads to. */
  readonly to: number;
  /** Multiply-accumulates that it saves, or brings back. */
  readonly macs: number;
  /** Importance that goes with it, divided by the square root of `macs`. */
  readonly price: number;
}

/** @throws AppError `invalid_request` when the scores aren't one for each channel, or not finite. */
export const candidateOf = (
  { conv, channels }: ChannelGroup,
  scores: Float64Array,
  target: Required<PruningTarget>,
): Candidate => {
  if (scores.length !== channels || !scores.every(Number.isFinite))
    throw new AppError('invalid_request', `"${conv}" has ${channels} channels, and needs a finite score for each`, {
      details: { conv, channels, scores: scores.length },
    });
  const scoreOf = (channel: number): number => scores[channel] ?? NaN;
  // Of equals the later one goes first.
  const order = Array.from({ length: channels }, (_, at) => at).sort((a, b) => scoreOf(a) - scoreOf(b) || b - a);
  const counts = possibleCounts(channels, target);
  const losses = counts.slice(1).map((count, at) => {
    const gone = order.slice(channels - (counts[at] ?? channels), channels - count);
    return gone.reduce((sum, channel) => sum + scoreOf(channel), 0);
  });
  return { conv, order, counts, losses };
};

/** How far each candidate has gone, and what a step of one would do. */
export const createProgress = (candidates: readonly Candidate[], terms: MacTerms) => {
  const channels = new Map(candidates.map(({ conv, counts }) => [conv, counts[0] ?? NaN]));
  const positions = new Map(candidates.map(({ conv }) => [conv, 0]));
  const positionOf = ({ conv }: Candidate): number => positions.get(conv) ?? 0;
  return {
    channels,
    /** The candidate's next step, or (back) its last one undone; null where there is none. `macs`: how many go, or come back. */
    step: (candidate: Candidate, direction: 'on' | 'back'): Step | null => {
      const at = positionOf(candidate);
      const [to, passed] = direction === 'on' ? [at + 1, at] : [at - 1, at - 1];
      const [count, loss] = [candidate.counts[to], candidate.losses[passed]];
      if (count === undefined || loss === undefined) return null;
      const saved = terms.saved(channels, candidate.conv, count);
      const macs = direction === 'on' ? saved : -saved;
      return { candidate, to, macs, price: loss / Math.sqrt(macs) };
    },
    take: ({ candidate, to }: Step): void => {
      positions.set(candidate.conv, to);
      channels.set(candidate.conv, candidate.counts[to] ?? NaN);
    },
  };
};

/** The step of least (or, `most`, of highest) price; the first of equals, in the graph's order. */
export const chooseStep = (steps: readonly (Step | null)[], wanted: 'least' | 'most'): Step | null => {
  let best: Step | null = null;
  for (const step of steps) {
    if (step === null) continue;
    if (best === null || (wanted === 'least' ? step.price < best.price : step.price > best.price)) best = step;
  }
  return best;
};
