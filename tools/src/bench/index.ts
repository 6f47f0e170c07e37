/** Benches: speed against a peer in the same run. A subpath of its own (`@graft/tools/bench`). */
import { AppError } from '@graft/contracts';
import type { Bench } from './bench.js';
import { consoleBench } from './console.js';
import { embedBench } from './embed.js';
import { finetuneBench } from './finetune.js';
import { ingestBench } from './ingest.js';
import { registryBench } from './registry.js';
import { serveBench } from './serve.js';
import { trainBench } from './train.js';
import { variantsBench } from './variants.js';

export { smallImage } from './ingest-images.js';
export { recordReport } from './record-report.js';
export { DEFAULT_IMAGES } from './bench.js';
export type { Bench, BenchOptions } from './bench.js';
export { askedOf } from './report.js';
export type { BenchMachine, BenchMeasurement, BenchReport, BenchTarget } from './report.js';

export const BENCHES: readonly Bench[] = [
  embedBench,
  trainBench,
  finetuneBench,
  variantsBench,
  ingestBench,
  registryBench,
  serveBench,
  consoleBench,
];

/** @throws AppError `not_found` that lists what there is. */
export const findBench = (name: string): Bench => {
  const found = BENCHES.find((bench) => bench.name === name);
  if (found) return found;
  const known = BENCHES.map((bench) => bench.name).join(', ');
  throw new AppError('not_found', `there is no bench "${name}"; there are: ${known}`);
};
