import { describe, expect, it } from '@jest/globals';
import { createGraphBuilder } from '../architectures/graph-builder.js';
import { countMacs } from '../graph/count.js';
import { createRandom } from '../random.js';
import { thrownBy } from '../testing/thrown-by.js';
import { narrowGraph } from './narrow-graph.js';
import { countKept } from './narrow-weights.js';
import { leastMacsShare, planPruning } from './plan-pruning.js';
import type { PruningTarget } from './pruning-target.js';

const CHANNELS = 32;

/** Convolutions one after another on a map that doesn't shrink, and a classifier. */
const chain = (...names: readonly string[]) => {
  const builder = createGraphBuilder();
  let last = 'input';
  for (const name of names) last = builder.conv(name, last, { filters: CHANNELS, kernel: 3 });
  builder.dense('classifier', builder.globalAveragePool('pool', last), 3);
  return builder.build({ height: 8, width: 8 });
};
const graph = chain('a', 'b', 'c', 'd');

const scoresOf = (score: (conv: string, channel: number) => number, convs: readonly string[] = ['a', 'b', 'c']) =>
  new Map(convs.map((conv) => [conv, Float64Array.from({ length: CHANNELS }, (_, channel) => score(conv, channel))]));
const plan = (scores: ReturnType<typeof scoresOf>, target: PruningTarget) => planPruning({ graph, scores, ...target });
const shareOf = (kept: ReturnType<typeof plan>): number =>
  countMacs(narrowGraph(graph, countKept(kept))) / countMacs(graph);
const ascending = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

describe('a plan of pruning', () => {
  it('takes the channels that matter least, wherever they are, and keeps the rest in order', () => {
    // Half of b does nothing: without it a quarter of what b and c do is saved, and more.
    const scores = scoresOf((conv, channel) => (conv === 'b' && channel % 2 === 0 ? 0 : 1));
    const kept = plan(scores, { macsShare: 0.7 });
    expect([...kept]).toEqual([['b', ascending(0, CHANNELS).filter((channel) => channel % 2 === 1)]]);
    expect(shareOf(kept)).toBeLessThanOrEqual(0.7);
  });

  it('takes nothing where everything may stay', () => {
    expect(
      plan(
        scoresOf(() => 1),
        { macsShare: 1 },
      ).size,
    ).toBe(0);
  });

  it('is the same whenever it is made, and settles equal scores by order', () => {
    const target = { macsShare: 0.85 };
    const kept = plan(
      scoresOf(() => 1),
      target,
    );
    expect(
      plan(
        scoresOf(() => 1),
        target,
      ),
    ).toEqual(kept);
    // b and c save equally much, a less.
    expect([...kept]).toEqual([['b', ascending(0, 24)]]);
    const random = createRandom(2);
    const scores = scoresOf(() => random.next());
    expect([...plan(scores, { macsShare: 0.5 })]).toEqual([...plan(scores, { macsShare: 0.5 })]);
  });

  it('undoes what turns out not to be needed', () => {
    // All of a that may go isn't enough; b's step then is so much that a's last isn't needed.
    const scores = scoresOf((conv) => (conv === 'a' ? 0.001 : conv === 'b' ? 5 : 50));
    expect(plan(scores, { macsShare: 0.74 }).get('a')).toHaveLength(8);
    expect([...countKept(plan(scores, { macsShare: 0.71 }))]).toEqual([
      ['a', 16],
      ['b', 24],
    ]);
  });

  it('keeps a multiple of what it is told to, and at least the share that it is told to', () => {
    const scores = scoresOf((conv, channel) => (conv === 'a' ? 0 : channel));
    const few = plan(scores, { macsShare: 0.5, keepAtLeast: 0.5, multipleOf: 4 });
    for (const channels of few.values()) expect(channels.length % 4).toBe(0);
    for (const channels of few.values()) expect(channels.length).toBeGreaterThanOrEqual(16);
    expect(few.get('a')).toHaveLength(16);
    const one = plan(scores, { macsShare: 0.5, keepAtLeast: 0, multipleOf: 1 });
    expect(one.get('a')).toHaveLength(1);
    expect(shareOf(one)).toBeGreaterThan(0.49);
    // 24 doesn't divide 32: the group keeps all or 24.
    expect(plan(scores, { macsShare: 0.93, multipleOf: 24 }).get('a')).toHaveLength(24);
  });

  it('knows beforehand how much will remain at least, whatever the scores are', async () => {
    const least = leastMacsShare({ graph });
    const scores = scoresOf((_, channel) => channel);
    expect(shareOf(plan(scores, { macsShare: least }))).toBeCloseTo(least, 9);
    expect(await thrownBy(() => plan(scores, { macsShare: least - 1e-6 }))).toMatchObject({ code: 'invalid_request' });
  });

  it('says how much is within reach when the target is not', async () => {
    const scores = scoresOf(() => 1, ['a', 'b']);
    const error = await thrownBy(() => plan(scores, { macsShare: 0.3 }));
    expect(error).toMatchObject({ code: 'invalid_request', details: { macsShare: 0.3 } });
    expect(error.message).toMatch(/at least 0\.\d\d of them remain/);
    const { reachable } = error.details as { reachable: number };
    expect(shareOf(plan(scores, { macsShare: reachable }))).toBeLessThanOrEqual(reachable);
    expect(await thrownBy(() => plan(scores, { macsShare: reachable - 0.01 }))).toMatchObject({
      details: { reachable },
    });
  });

  it('refuses targets that make no sense, and scores that fit no channels', async () => {
    const scores = scoresOf(() => 1);
    const refused = [
      { macsShare: 0 },
      { macsShare: 1.1 },
      { macsShare: NaN },
      { macsShare: 0.5, keepAtLeast: -1 },
      { macsShare: 0.5, multipleOf: 0 },
    ];
    for (const target of refused)
      expect(await thrownBy(() => plan(scores, target))).toMatchObject({ code: 'invalid_request' });
    const odd = [scoresOf(() => NaN), new Map([['a', new Float64Array(3)]]), scoresOf(() => 1, ['nowhere'])];
    for (const each of odd)
      expect(await thrownBy(() => plan(each, { macsShare: 0.5 }))).toMatchObject({ code: 'invalid_request' });
  });
});
