import { describe, expect, it } from '@jest/globals';
import {
  gateSchema,
  pairedSchema,
  pipelineGateSchema,
  type Gate,
  type GatePolicy,
  type Prediction,
} from '@graft/contracts';
import { computeMetrics } from './compute-metrics.js';
import { judge } from './judge.js';
import { comparePairs, pairPredictions, type Pair } from './pair-predictions.js';

const labels = ['ant', 'bee', 'moth', 'wasp'];
const digest = (index: number): string => index.toString(16).padStart(64, '0');
const policyOf = (policy: Partial<GatePolicy> = {}): GatePolicy => pipelineGateSchema.parse(policy);
const metricsOf = (images: number, accuracy = 1) =>
  computeMetrics({
    labels: ['a', 'b'],
    predictions: Array.from({ length: images }, (_, index) => ({
      sha256: digest(index),
      label: 'a',
      source: 's',
      probabilities: index < images * accuracy ? [1, 0] : [0, 1],
    })),
  });

/** Pairs spread over the labels in turn: so many only the candidate got right, only the champion, both, neither. */
const pairsOf = (gained: number, lost: number, both: number, neither = 0): Pair[] =>
  Array.from({ length: gained + lost + both + neither }, (_, index) => ({
    sha256: digest(index),
    label: labels[index % labels.length] ?? '',
    candidateRight: index < gained || (index >= gained + lost && index < gained + lost + both),
    championRight: index >= gained && index < gained + lost + both,
  }));
const judgePairs = (pairs: readonly Pair[], policy: Partial<GatePolicy> = {}): Gate =>
  judge({
    policy: policyOf(policy),
    metrics: metricsOf(pairs.length),
    latency: { p50Ms: 5 },
    sizeBytes: 1000,
    paired: comparePairs({ pairs, labels }),
  });
const check = (gate: Gate, name: string) => gate.checks.find((entry) => entry.name === name);

describe('judge', () => {
  it('passes what is shown not to be inferior, and reports superiority', () => {
    const gate = judgePairs(pairsOf(100, 50, 850));
    expect(gate).toMatchObject({ verdict: 'pass', superior: true });
    expect(gateSchema.parse(gate)).toEqual(gate);
  });
  it('fails what is significantly worse', () => {
    const gate = judgePairs(pairsOf(50, 100, 850));
    expect(gate).toMatchObject({ verdict: 'fail', superior: false });
    expect(check(gate, 'not-worse')?.detail).toMatch(
      /50 images only the candidate got right, 100 only the champion .*significantly worse/,
    );
  });
  it('fails what is significantly worse although the loss lies within the margin: losses add up over promotions', () => {
    const gate = judgePairs(pairsOf(30, 60, 9910));
    expect(check(gate, 'not-inferior')?.verdict).toBe('pass');
    expect(gate.verdict).toBe('fail');
  });
  it('fails what trades one class for another, and names the class', () => {
    const pairs = pairsOf(0, 0, 800).map((pair, index) => ({
      ...pair,
      candidateRight: pair.label !== 'bee' || index > 60,
      championRight: pair.label !== 'ant' || index > 60,
    }));
    const gate = judgePairs(pairs);
    expect(check(gate, 'not-worse')?.verdict).toBe('pass');
    expect(check(gate, 'no-class-worse')).toMatchObject({ verdict: 'fail', detail: expect.stringContaining('"bee"') });
    expect(gate.verdict).toBe('fail');
  });
  it('calls a small difference on few images insufficient and says about how many more it takes', () => {
    const gate = judgePairs(pairsOf(10, 10, 180));
    expect(gate.verdict).toBe('insufficient');
    // 1.96² · 0.1 / 0.01² ≈ 3,842 in all.
    const [, more] = /about (\d+) more test images/.exec(check(gate, 'not-inferior')?.detail ?? '') ?? [];
    expect(Number(more)).toBeGreaterThan(3400);
    expect(Number(more)).toBeLessThan(3900);
  });
  it('says when more images would not help', () => {
    const gate = judgePairs(pairsOf(10, 16, 174));
    expect(gate.verdict).toBe('insufficient');
    expect(check(gate, 'not-inferior')?.detail).toContain('would not show it');
  });
  it('draws no comparison from fewer images than the policy asks for', () => {
    const gate = judgePairs(pairsOf(0, 20, 5));
    expect(gate.verdict).toBe('insufficient');
    expect(check(gate, 'test-images')?.detail).toContain(
      '25 test images compared with the champion, asked for at least 30: 5 more',
    );
    expect(check(gate, 'not-worse')).toBeUndefined();
  });
  it.each([
    [{ minAccuracy: 0.9 }, 'min-accuracy'],
    [{ maxLatencyMs: 4 }, 'max-latency'],
    [{ maxBytes: 999 }, 'max-bytes'],
  ])('fails a broken threshold %j, champion or not', (policy, name) => {
    const input = { policy: policyOf(policy), metrics: metricsOf(100, 0.8), latency: { p50Ms: 5 }, sizeBytes: 1000 };
    for (const paired of [null, comparePairs({ pairs: pairsOf(100, 50, 850), labels })]) {
      const gate = judge({ ...input, paired });
      expect(gate.verdict).toBe('fail');
      expect(check(gate, name)?.verdict).toBe('fail');
    }
  });
  it('lets the thresholds alone decide without a champion, given enough test images', () => {
    const input = { policy: policyOf({ minAccuracy: 0.7 }), latency: { p50Ms: 5 }, sizeBytes: 1000, paired: null };
    expect(judge({ ...input, metrics: metricsOf(100, 0.8) })).toMatchObject({ verdict: 'pass', superior: false });
    expect(judge({ ...input, metrics: metricsOf(29, 0.8) }).verdict).toBe('insufficient');
  });
  it('fails a first version that is worse than guessing, and none that does rare classes right at the cost of common ones', () => {
    const input = { policy: policyOf(), latency: { p50Ms: 5 }, sizeBytes: 1000, paired: null };
    /** Images of each label, and which of them are right. */
    const judged = (counts: readonly (readonly [images: number, right: number])[]): Gate => {
      const predictions = counts.flatMap(([images, right], at) =>
        Array.from({ length: images }, (_, index) => ({
          ...{ sha256: digest(1000 * at + index), label: labels[at] ?? '', source: 's' },
          probabilities: labels.map((_label, one) => Number(one === (index < right ? at : (at + 1) % labels.length))),
        })),
      );
      return judge({ ...input, metrics: computeMetrics({ labels, predictions }) });
    };
    const even = (right: number): Gate => judged(labels.map(() => [50, right]));
    expect(even(2).verdict).toBe('fail');
    expect(check(even(2), 'better-than-guessing')?.detail).toMatch(
      /accuracy 4\.00% .*most frequent label would be right on 25\.00%; .* by chance 25\.00%/,
    );
    expect(even(11).verdict).toBe('pass');
    expect(even(40).verdict).toBe('pass');
    expect(
      judged([
        [940, 800],
        [20, 18],
        [20, 18],
        [20, 18],
      ]).verdict,
    ).toBe('pass');
  });
});

describe('pairPredictions', () => {
  const predict = (index: number, label: string, probabilities: number[]): Prediction => ({
    sha256: digest(index),
    label,
    source: 's',
    probabilities,
  });
  it('compares shared images of shared labels and lists what flipped', () => {
    const paired = pairPredictions({
      labels: ['ant', 'bee', 'wasp'],
      candidate: [
        predict(1, 'ant', [1, 0, 0]),
        predict(2, 'bee', [1, 0, 0]),
        predict(3, 'bee', [0, 1, 0]),
        predict(4, 'wasp', [0, 0, 1]),
        predict(5, 'ant', [1, 0, 0]),
      ],
      champion: [
        predict(1, 'ant', [0, 1]),
        predict(2, 'bee', [0, 1]),
        predict(3, 'bee', [0, 1]),
        predict(4, 'wasp', [0, 1]),
      ],
    });
    expect(paired).toMatchObject({
      images: 3,
      bothRight: 1,
      onlyCandidateRight: 1,
      onlyChampionRight: 1,
      bothWrong: 0,
    });
    expect(paired.fixed).toEqual([digest(1)]);
    expect(paired.broken).toEqual([digest(2)]);
    expect(paired.perClass.map(({ label, images }) => [label, images])).toEqual([
      ['ant', 1],
      ['bee', 2],
    ]);
    expect(pairedSchema.parse(paired)).toEqual(paired);
  });
});

describe('the gate, simulated', () => {
  /** xorshift32: the same draws on every machine. */
  const randomOf = (seed: number) => {
    let state = seed;
    return (): number => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) / 2 ** 32;
    };
  };
  const IMAGES = 1000;
  const DISCORDANCE = 0.15;
  /** Gates of models whose true accuracies differ by so much, on fresh draws of a thousand images. */
  const simulate = (difference: number, rounds: number): Gate[] => {
    const random = randomOf(20_250_101);
    return Array.from({ length: rounds }, () =>
      judgePairs(
        Array.from({ length: IMAGES }, (_, index) => {
          const u = random();
          const gained = u < (DISCORDANCE + difference) / 2;
          const lost = !gained && u < DISCORDANCE;
          const right = u < 0.9;
          return {
            sha256: digest(index),
            label: labels[index % labels.length] ?? '',
            candidateRight: gained || (!lost && right),
            championRight: lost || (!gained && right),
          };
        }),
      ),
    );
  };
  const share = (gates: readonly Gate[], holds: (gate: Gate) => boolean): number =>
    gates.filter(holds).length / gates.length;
  const worse = (gate: Gate): boolean => check(gate, 'not-worse')?.verdict === 'fail';

  it('finds equal models different in at most 5% of the draws', () => {
    const gates = simulate(0, 400);
    expect(share(gates, (gate) => gate.superior || worse(gate))).toBeLessThanOrEqual(0.05);
    expect(share(gates, (gate) => check(gate, 'no-class-worse')?.verdict === 'fail')).toBeLessThanOrEqual(0.05);
  });
  it('fails a model that is 5 points worse in at least 90% of the draws, and never passes it', () => {
    const gates = simulate(-0.05, 200);
    expect(share(gates, ({ verdict }) => verdict === 'fail')).toBeGreaterThanOrEqual(0.9);
    expect(share(gates, ({ verdict }) => verdict === 'pass')).toBe(0);
  });
  it('finds a model that is 5 points better superior in at least 90% of the draws', () => {
    expect(share(simulate(0.05, 200), ({ superior }) => superior)).toBeGreaterThanOrEqual(0.9);
  });
});

describe('judge, of a form that was made from another', () => {
  const judgeForm = (pairs: readonly Pair[], policy: Partial<GatePolicy> = {}): Gate =>
    judge({
      policy: policyOf(policy),
      metrics: metricsOf(pairs.length),
      latency: { p50Ms: 5 },
      sizeBytes: 1000,
      paired: null,
      original: { name: 'fp32', paired: comparePairs({ pairs, labels }) },
    });

  it('passes what loses no more than the margin', () => {
    const gate = judgeForm(pairsOf(3, 3, 1494));
    expect(gate.verdict).toBe('pass');
    expect(check(gate, 'not-inferior-to-fp32')?.detail).toMatch(/difference to the fp32 form/);
  });

  it('fails what is significantly worse than the form it was made from', () => {
    const gate = judgeForm(pairsOf(5, 60, 935));
    expect(gate.verdict).toBe('fail');
    expect(check(gate, 'not-worse-than-fp32')?.detail).toMatch(/60 only the fp32 form .*significantly worse/);
  });

  it('is undecided where too few images tell, unless the margin is wide', () => {
    expect(judgeForm(pairsOf(0, 1, 152)).verdict).toBe('insufficient');
    expect(judgeForm(pairsOf(0, 1, 152), { margin: 0.05 }).verdict).toBe('pass');
  });
});
