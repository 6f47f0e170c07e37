/** From milliseconds, shares and bytes to pixels. */
import { scaleLinear, scaleLog, scaleSqrt } from 'd3-scale';
import type { Box } from './place-labels.js';

export interface Axis {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
  readonly isLog: boolean;
}

/** Latencies further apart than this need a logarithm to be told apart. */
const LOG_FROM = 4;
const LARGEST_RADIUS = 30;
/** A dot that can still be seen and coloured. */
const SMALLEST_RADIUS = 5;

/** 1, 2 and 5 times each power of ten between two bounds. */
const roundValues = (least: number, most: number): number[] => {
  const first = Math.floor(Math.log10(least));
  const powers = Array.from({ length: Math.ceil(Math.log10(most)) - first + 1 }, (_, at) => first + at);
  return powers
    .flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`)))
    .filter((value) => value >= least && value <= most);
};

/** Of latencies in milliseconds: from zero, or on a log scale where they range over more than four times. */
export const latencyAxis = (valuesMs: readonly number[], { x, width }: Box): Axis => {
  const [least, most] = [Math.min(...valuesMs), Math.max(...valuesMs)];
  if (most / least <= LOG_FROM) {
    const scale = scaleLinear([0, most * 1.18], [x, x + width]);
    return { at: scale, ticks: scale.ticks(8), isLog: false };
  }
  const [from, to] = [least / 1.5, most * 1.6];
  return { at: scaleLog([from, to], [x, x + width]), ticks: roundValues(from, to), isLog: true };
};

/** Of shares, 0 to 1: no further than there is something to see. */
export const accuracyAxis = (values: readonly number[], { y, height }: Box): Axis => {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const margin = Math.max(0.005, (most - least) * 0.08);
  // A little above 1, so that a mark there is seen whole.
  const scale = scaleLinear([Math.max(0, least - margin), Math.min(1 + margin / 2, most + margin)], [y + height, y]);
  return { at: scale, ticks: scale.ticks(7).filter((tick) => tick <= 1), isLog: false };
};

/** Radius of a bubble whose area stands for the bytes. */
export const radiusScale = (sizes: readonly number[]): ((sizeBytes: number) => number) => {
  const scale = scaleSqrt([0, Math.max(...sizes)], [0, LARGEST_RADIUS]);
  return (sizeBytes) => Math.max(SMALLEST_RADIUS, scale(sizeBytes));
};
