/** Which channels go, so that a network has a given share of its multiply-accumulates left. */
import { AppError } from '@graft/contracts';
import type { Graph } from '../graph/layers.js';
import type { ChannelScores } from './channel-scores.js';
import { createMacTerms } from './mac-terms.js';
import type { KeptChannels } from './narrow-weights.js';
import { prunableChannels, type ChannelGroup } from './prunable-channels.js';
import type { PruningTarget } from './pruning-target.js';
import { candidateOf, chooseStep, createProgress } from './pruning-steps.js';

const DEFAULT_KEEP_AT_LEAST = 0.25;
const DEFAULT_MULTIPLE = 8;

const checkTarget = (target: PruningTarget): Required<PruningTarget> => {
  const { macsShare, keepAtLeast = DEFAULT_KEEP_AT_LEAST, multipleOf = DEFAULT_MULTIPLE } = target;
  const isShare = (value: number): boolean => value >= 0 && value <= 1;
  if (
    !isShare(macsShare) ||
    macsShare === 0 ||
    !isShare(keepAtLeast) ||
    !Number.isInteger(multipleOf) ||
    multipleOf < 1
  )
    throw new AppError(
      'invalid_request',
      `can't prune to ${macsShare} of the multiply-adds, with ${keepAtLeast} of each layer's channels kept in multiples of ${multipleOf}`,
      { details: { macsShare, keepAtLeast, multipleOf } },
    );
  return { macsShare, keepAtLeast, multipleOf };
};

/** The groups that have scores, in the graph's order. */
const groupsScored = (graph: Graph, scores: ChannelScores): readonly ChannelGroup[] => {
  const groups = prunableChannels(graph, { fixed: [] }).filter(({ conv }) => scores.has(conv));
  const unknown = [...scores.keys()].filter((conv) => !groups.some((group) => group.conv === conv));
  if (unknown.length > 0)
    throw new AppError('invalid_request', `the channels of ${unknown.join(', ')} can't go`, { details: { unknown } });
  return groups;
};

/**
 * The least share of a graph's multiply-accumulates that pruning can leave of it, whatever its weights are, 0–1.
 * @param options as for `planPruning`; the groups that its last layer doesn't read may all be narrowed.
 */
export const leastMacsShare = (options: Omit<PruningTarget, 'macsShare'> & { readonly graph: Graph }): number => {
  const { graph } = options;
  const target = checkTarget({ ...options, macsShare: 1 });
  const groups = prunableChannels(graph);
  const terms = createMacTerms(graph, groups);
  const most = new Map(groups.map(({ conv, channels }) => [conv, channels]));
  const fewest = groups.map((group) => candidateOf(group, new Float64Array(group.channels), target));
  return terms.total(new Map(fewest.map(({ conv, counts }) => [conv, counts.at(-1) ?? NaN]))) / terms.total(most);
};

const unreachable = (macsShare: number, least: number): AppError => {
  // Rounded up: what the message says can be had.
  const reachable = Math.ceil(least * 100) / 100;
  return new AppError(
    'invalid_request',
    `can't prune to ${macsShare} of the multiply-adds: at least ${reachable} of them remain in this network`,
    { details: { macsShare, reachable } },
  );
};

/**
 * Which channels stay, by convolution, ascending; convolutions that lose none aren't listed.
 *
 * Step by step, each of `multipleOf` channels of one group, the one goes whose channels matter least for what they cost: the
 * sum of their scores, divided by the square root of the multiply-accumulates that the step saves in the network as narrow
 * as it is by then. (Were losses to add up, it should be divided by the multiply-accumulates themselves. But a layer that has
 * lost much loses more than the sum, and early layers, whose maps are large, would lose most. Of EfficientNet-lite0 and lite1
 * at 55–85 %, `energyImportance` kept much more of the answers by the square root; to `taylorImportance` it made no difference.)
 * Once the target is met, steps that turn out not to be needed for it are undone, the dearest first: what remains is
 * at most `macsShare`, and no step could be undone without exceeding it. Equal scores and prices are settled by order.
 *
 * @param options.scores what may go: groups of `prunableChannels` with a score for each channel, comparable between groups.
 * @throws AppError `invalid_request` when the target is out of reach, with what is within (`details.reachable`), or the
 * scores don't fit the graph.
 */
export const planPruning = (
  options: PruningTarget & { readonly graph: Graph; readonly scores: ChannelScores },
): KeptChannels => {
  const { graph, scores, macsShare } = options;
  const target = checkTarget(options);
  const groups = groupsScored(graph, scores);
  const candidates = groups.map((group) => candidateOf(group, scores.get(group.conv) ?? new Float64Array(), target));
  const terms = createMacTerms(graph, groups);
  const whole = terms.total(new Map(groups.map(({ conv, channels }) => [conv, channels])));
  const least = terms.total(new Map(candidates.map(({ conv, counts }) => [conv, counts.at(-1) ?? NaN])));
  if (least > macsShare * whole) throw unreachable(macsShare, least / whole);

  const { channels, step, take } = createProgress(candidates, terms);
  let macs = whole;
  while (macs > macsShare * whole) {
    const next = chooseStep(
      candidates.map((candidate) => step(candidate, 'on')),
      'least',
    );
    if (next === null) throw unreachable(macsShare, macs / whole);
    take(next);
    macs = terms.total(channels);
  }
  for (;;) {
    const room = macsShare * whole - macs;
    const undone = chooseStep(
      candidates.map((candidate) => step(candidate, 'back')).filter((each) => each !== null && each.macs <= room),
      'most',
    );
    if (undone === null) break;
    take(undone);
    macs = terms.total(channels);
  }
  return new Map(
    candidates.flatMap(({ conv, order, counts }) => {
      const count = channels.get(conv) ?? NaN;
      return count === counts[0] ? [] : [[conv, order.slice(order.length - count).toSorted((a, b) => a - b)] as const];
    }),
  );
};
