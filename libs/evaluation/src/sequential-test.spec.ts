import { describe, expect, it } from '@jest/globals';
import { alwaysValidP, newSequentialTest, observe, type SequentialTest, type TwoTallies } from './sequential-test.js';

/** Source: T. Ettinger, "mulberry32" (public domain). */
const createRandom = (seed: number) => {
  let state = seed >>> 0;
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

interface Stream {
  readonly seed: number;
  /** Shares of requests that go wrong. */
  readonly control: number;
  readonly trial: number;
  readonly requests: number;
  /** The share of requests that the trial gets. */
  readonly share: number;
}

/** Looks after every twenty requests; answers how many requests went by until p ≤ α, or null. */
const watch = ({ seed, control, trial, requests, share }: Stream, alpha = 0.05): number | null => {
  const random = createRandom(seed);
  let test: SequentialTest = newSequentialTest();
  for (let at = 0; at < requests; at += 20) {
    const block = { control: { n: 0, bad: 0 }, trial: { n: 0, bad: 0 } };
    for (let i = 0; i < 20; i++) {
      const isTrial = random() < share;
      const arm = isTrial ? block.trial : block.control;
      arm.n += 1;
      arm.bad += random() < (isTrial ? trial : control) ? 1 : 0;
    }
    test = observe(test, block);
    if (alwaysValidP(test) <= alpha) return at + 20;
  }
  return null;
};
const foundIn = (times: number, stream: Omit<Stream, 'seed'>): number =>
  Array.from({ length: times }, (_, seed) => watch({ ...stream, seed })).filter((found) => found !== null).length;

describe('the sequential test', () => {
  it.each([
    [0.01, 0.1],
    [0.05, 0.1],
    [0.05, 0.5],
    [0.3, 0.05],
  ])(
    'of equal streams (%f wrong, a share of %f) errs in 5% of the watches at most, looking all the time',
    (wrong, share) => {
      expect(foundIn(1_000, { control: wrong, trial: wrong, requests: 2_000, share })).toBeLessThanOrEqual(50);
    },
  );

  it('does not take a better stream for a worse one', () => {
    expect(foundIn(500, { control: 0.1, trial: 0.05, requests: 2_000, share: 0.3 })).toBeLessThanOrEqual(2);
  });

  it('finds a worse one, and a much worse one soon', () => {
    expect(foundIn(200, { control: 0.02, trial: 0.08, requests: 10_000, share: 0.1 })).toBeGreaterThanOrEqual(190);
    const times = Array.from({ length: 100 }, (_, seed) =>
      watch({ seed, control: 0.01, trial: 0.5, requests: 4_000, share: 0.1 }),
    ).sort((a, b) => (a ?? Infinity) - (b ?? Infinity));
    expect(times[90]).toBeLessThanOrEqual(400);
  });

  it('waits for both streams before it bets, and forgets nothing meanwhile', () => {
    const only = (n: number, bad: number): TwoTallies => ({ control: { n: 0, bad: 0 }, trial: { n, bad } });
    const waiting = observe(observe(newSequentialTest(), only(3, 1)), only(2, 2));
    expect(waiting).toMatchObject({ logStake: 0, pending: { trial: { n: 5, bad: 3 } }, seen: { trial: { n: 0 } } });
    const both = observe(waiting, { control: { n: 10, bad: 0 }, trial: { n: 0, bad: 0 } });
    expect(both).toMatchObject({
      seen: { control: { n: 10, bad: 0 }, trial: { n: 5, bad: 3 } },
      pending: { trial: { n: 0 } },
    });
  });

  it('refuses what is no count', () => {
    const block = (n: number, bad: number): TwoTallies => ({ control: { n: 1, bad: 0 }, trial: { n, bad } });
    for (const [n, bad] of [
      [1, 2],
      [-1, 0],
      [1, -1],
      [1.5, 1],
      [Number.NaN, 0],
    ] as const) {
      expect(() => observe(newSequentialTest(), block(n, bad))).toThrow(RangeError);
    }
  });
});
