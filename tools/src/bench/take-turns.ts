/**
 * Timing on a noisy machine: every contestant does one round, then every one the next, so that whatever else goes on falls
 * on all of them; what counts is the median of the ratios within a round. Two identical contestants tell how far such a
 * ratio strays by itself.
 */
import type { BenchRound } from './line-worker.js';
import type { BenchMeasurement } from './report.js';

export interface Contestant {
  readonly name: string;
  round(): Promise<BenchRound>;
}

export interface TurnsOptions {
  readonly contestants: readonly Contestant[];
  /** Rounds that are timed; at least 9. */
  readonly rounds: number;
  readonly warmUp: number;
  /** Called after each turn. */
  readonly onTurn?: (turn: { round: number; name: string; perSecond: number; timed: boolean }) => void;
}

/** Units a second by contestant, one number a timed round. */
export type Turns = ReadonlyMap<string, readonly number[]>;

export const takeTurns = async (options: TurnsOptions): Promise<Turns> => {
  const { contestants, rounds, warmUp, onTurn } = options;
  const speeds = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 1 - warmUp; round <= rounds; round += 1) {
    // Who begins changes, so that nobody always follows the same one.
    const first = (round + warmUp) % contestants.length;
    for (const { name, round: run } of [...contestants.slice(first), ...contestants.slice(0, first)]) {
      const { seconds, units } = await run();
      const timed = round > 0;
      if (timed) speeds.get(name)?.push(units / seconds);
      onTurn?.({ round, name, perSecond: units / seconds, timed });
    }
  }
  return speeds;
};

/** The q-th quantile by linear interpolation; NaN of no values. */
export const quantileOf = (values: readonly number[], q: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const position = q * (sorted.length - 1);
  const lower = sorted[Math.floor(position)] ?? NaN;
  const upper = sorted[Math.ceil(position)] ?? NaN;
  return lower + (upper - lower) * (position - Math.floor(position));
};

/** Round by round, how many times as fast `a` was as `b`. */
export const pairedRatios = (turns: Turns, a: string, b: string): number[] => {
  const others = turns.get(b) ?? [];
  return (turns.get(a) ?? []).map((speed, index) => speed / (others[index] ?? NaN));
};

/** The same as a line of a report. */
export const measureRatio = (turns: Turns, a: string, b: string): BenchMeasurement => {
  const values = pairedRatios(turns, a, b);
  return { name: `${a} to ${b}`, unit: 'ratio', median: quantileOf(values, 0.5), values };
};

/** The name with the highest median speed; undefined of none. */
export const fastestOf = (turns: Turns, names: readonly string[]): string | undefined => {
  const medianOf = (name: string): number => quantileOf(turns.get(name) ?? [], 0.5);
  return names.toSorted((a, b) => medianOf(b) - medianOf(a))[0];
};

/** How far from 1 the ratios of two identical contestants lie: eight in ten are within 1 ± spread. */
export const spreadOf = (controlRatios: readonly number[]): number =>
  Math.max(Math.abs(1 - quantileOf(controlRatios, 0.1)), Math.abs(quantileOf(controlRatios, 0.9) - 1));
