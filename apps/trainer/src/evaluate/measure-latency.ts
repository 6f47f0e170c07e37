/**
 * Latency of one image through the runtime, in milliseconds. Models take turns, one image each, so that whatever else the
 * machine does falls on all of them alike.
 */
import type { Evaluation } from '@graft/contracts';
import { quantile } from '@graft/evaluation';
import type { Runtime } from '@graft/models';

export type Latency = Evaluation['latency'];

export interface LatencyOptions {
  readonly models: readonly { readonly runtime: Pick<Runtime, 'run'>; readonly inputs: readonly Float32Array[] }[];
  readonly cpuClass: string;
  readonly rounds?: number;
  readonly warmUp?: number;
  readonly signal?: AbortSignal;
  readonly now?: () => number;
}

const ROUNDS = 40;
const WARM_UP = 5;

/** One latency a model, in their order. Inputs are float32 [1, 3, height, width] and are used in turn. */
export const measureLatency = async (options: LatencyOptions): Promise<Latency[]> => {
  const { models, cpuClass, rounds = ROUNDS, warmUp = WARM_UP, signal, now = () => performance.now() } = options;
  const samples = models.map((): number[] => []);
  for (let round = -warmUp; round < rounds; round += 1) {
    signal?.throwIfAborted();
    for (const [index, { runtime, inputs }] of models.entries()) {
      const input = inputs[(round + warmUp) % inputs.length];
      if (input === undefined) throw new RangeError('latency needs an input of each model');
      const startedMs = now();
      await runtime.run(input, 1);
      if (round >= 0) samples[index]?.push(now() - startedMs);
    }
  }
  return samples.map((ofModel) => ({
    p50Ms: quantile(ofModel, 0.5),
    p99Ms: quantile(ofModel, 0.99),
    rounds,
    cpuClass,
  }));
};
