/** Which rows a step reads: a function of seed and step alone, so that a resumed training reads what it would have read. */
import { createRandom, shuffledIndices } from '../random.js';

export interface StepRows {
  /** From 1. */
  readonly epoch: number;
  readonly rows: readonly number[];
  readonly endsEpoch: boolean;
}

export interface EpochOrder {
  /** The last batch of an epoch may be short. */
  readonly stepsPerEpoch: number;
  /** @param step from 0, over all epochs. */
  at(step: number): StepRows;
}

/** One 32-bit seed out of two numbers; each bit of either changes half of it (the finalizer of MurmurHash3). */
const mix = (seed: number, epoch: number): number => {
  let hash = (Math.imul(seed >>> 0, 0x9e3779b1) ^ Math.floor(seed / 2 ** 32) ^ Math.imul(epoch, 0x85ebca77)) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

/** Every row once an epoch, in an order that seed and epoch decide. */
export const createEpochOrder = (options: { rows: number; batchSize: number; seed: number }): EpochOrder => {
  const { rows, batchSize, seed } = options;
  const stepsPerEpoch = Math.ceil(rows / batchSize);
  let known: { epoch: number; order: Int32Array } = { epoch: 0, order: new Int32Array() };
  return {
    stepsPerEpoch,
    at: (step) => {
      const epoch = Math.floor(step / stepsPerEpoch) + 1;
      const position = step % stepsPerEpoch;
      if (known.epoch !== epoch) known = { epoch, order: shuffledIndices(rows, createRandom(mix(seed, epoch))) };
      return {
        epoch,
        rows: [...known.order.subarray(position * batchSize, (position + 1) * batchSize)],
        endsEpoch: position === stepsPerEpoch - 1,
      };
    },
  };
};
