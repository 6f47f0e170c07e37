/**
 * Bench `variants`: what eight bits and pruning are worth when a network answers, in images a second and in bytes: ours
 * against float32, and against the model that Python's own quantizer makes of the same file. Classifiers at 224 pixels, images preprocessed
 * ahead. Networks whose weights no registry has get random ones. One network after the other.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@graft/contracts';
import { ensureReferencePython, type ReferencePython } from '../python/reference-python.js';
import { findBenchImages, type BenchImages } from './bench-images.js';
import type { Bench, BenchOptions } from './bench.js';
import { rowCosines, toFloats } from './compare-features.js';
import { withWorkers, type LineWorker } from './line-worker.js';
import { createReport, describeMachine } from './report.js';
import { takeTurns, type Turns } from './take-turns.js';
import {
  FP32,
  INT8,
  prepareVariants,
  PYTHON,
  startVariant,
  VARIANT_NETWORKS,
  type Prepared,
  type VariantNetwork,
} from './variants-contestants.js';
import { judgeVariants, type VariantsPart } from './variants-judge.js';

const BATCH = 8;
/** Images of a round that are run one by one. */
const SINGLE_IMAGES = 32;

interface NetworkOptions extends BenchOptions {
  readonly network: VariantNetwork;
  readonly prepared: Prepared;
  readonly python: ReferencePython;
}

/** The cosines of quantized logits with float32's, image by image. (A pruned network that isn't trained again tells nothing.) */
const compareLogits = async (
  workers: readonly LineWorker[],
  folder: string,
): Promise<ReadonlyMap<string, readonly number[]>> => {
  const logits = new Map<string, Float32Array>();
  for (const worker of workers) {
    const path = join(folder, 'logits.f32');
    await worker.save(path);
    logits.set(worker.name, toFloats(await readFile(path)));
  }
  const expected = logits.get(FP32) ?? new Float32Array();
  return new Map(
    [...logits]
      .filter(([name]) => name === INT8 || name === PYTHON)
      .map(([name, found]) => [name, rowCosines(expected, found, BATCH)]),
  );
};

/** All contestants of a network in turn, with so many images a run. */
const runTurns = async <T>(
  { network: { network, contestants }, prepared, python, rounds, warmUp, images, onProgress }: NetworkOptions,
  { batch }: { batch: number },
  work: (turns: Turns, workers: readonly LineWorker[]) => Promise<T> | T,
): Promise<T> => {
  const starts = contestants.map((name) => () => {
    onProgress(`${network}: starting ${name}, ${batch} a run`);
    return startVariant(name, { prepared, python, batch, images: batch === 1 ? SINGLE_IMAGES : images });
  });
  return withWorkers(starts, async (workers) => {
    const turns = await takeTurns({
      contestants: workers,
      rounds,
      warmUp,
      onTurn: ({ round, name, perSecond, timed }) =>
        onProgress(
          `${network}, ${batch} a run, ${timed ? `round ${round} of ${rounds}` : 'warm-up'}: ${name} ${perSecond.toFixed(1)} images/s`,
        ),
    });
    return work(turns, workers);
  });
};

const benchNetwork = async (options: NetworkOptions & { readonly from: string }): Promise<VariantsPart> => {
  const { network, prepared, from } = options;
  const inBatches = await runTurns(options, { batch: BATCH }, async (turns, workers) => ({
    turns,
    cosines: await compareLogits(workers, prepared.folder),
    about: (name: string) => ({
      ...workers.find((worker) => worker.name === name)?.about,
      ...{ weights: network.weights, calibratedOn: from },
    }),
  }));
  const singles = await runTurns(options, { batch: 1 }, (turns) => turns);
  return judgeVariants({ network, prepared, singles, ...inBatches, cpuClass: describeMachine(1).cpuClass });
};

const prepareAndBench = async (
  network: VariantNetwork,
  options: BenchOptions & { readonly python: ReferencePython; readonly found: BenchImages },
): Promise<VariantsPart> => {
  const { found, cacheDir, onProgress } = options;
  const folder = await mkdtemp(join(tmpdir(), 'graft-bench-'));
  try {
    onProgress(`${network.network}, ${network.weights} weights: calibrating on images of ${found.from}`);
    const prepared = await prepareVariants(network, { images: found, folder, cacheDir });
    return await benchNetwork({ ...options, network, prepared, from: found.from });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

export const variantsBench: Bench = {
  name: 'variants',
  description:
    'classifiers in eight bits, and pruned, against float32 and against what Python’s quantizer makes of them',
  run: async (options) => {
    const { cacheDir, onProgress } = options;
    const startedAt = new Date();
    const python = await ensureReferencePython({ cacheDir, onProgress });
    const found = await findBenchImages({
      ...(options.data === undefined ? {} : { folder: options.data }),
      ...{ count: BATCH, cacheDir, onProgress },
    });
    if (found.files.length < BATCH)
      throw new AppError('invalid_request', `this bench needs ${BATCH} images, and ${found.from} has fewer`);
    const parts: VariantsPart[] = [];
    for (const network of VARIANT_NETWORKS) parts.push(await prepareAndBench(network, { ...options, python, found }));
    return createReport('variants', startedAt, {
      machine: describeMachine(availableParallelism()),
      measurements: parts.flatMap(({ measurements }) => measurements),
      targets: parts.flatMap(({ targets }) => targets),
    });
  },
};
