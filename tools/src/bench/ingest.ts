/**
 * Bench `ingest`: from objects in MinIO to a registered dataset version. Ours is what an ingest worker does, with the registry
 * and its database; the peer is a script with boto3 and Pillow on two processes that reads, decodes, digests and writes
 * the same. Temporal is left out of ours: its share is some tens of milliseconds for each chunk of 256 images.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@graft/contracts';
import { ensureIngestPython, type ReferencePython } from '../python/reference-python.js';
import { findBenchImages } from './bench-images.js';
import type { Bench, BenchOptions } from './bench.js';
import { everywhere } from './finetune-contestants.js';
import { CONTROL, OURS, outcomeOf, PEER, withIngestServers, type IngestServers } from './ingest-contestants.js';
import { benchGrowth, type GrowthSizes } from './ingest-growth.js';
import { landFiles } from './ingest-images.js';
import { withWorkers, type LineWorker } from './line-worker.js';
import { createReport, describeMachine, judgeTarget, type BenchMeasurement, type BenchReport } from './report.js';
import { measureRatio, pairedRatios, quantileOf, spreadOf, takeTurns, type Contestant } from './take-turns.js';

const GROWTH: GrowthSizes = { few: 1_000, many: 50_000 };

type Part = Pick<BenchReport, 'measurements' | 'targets'>;

/** All of them have to have seen the same pixels, or one of them skips work. */
const checkOutcomes = async (workers: readonly LineWorker[], folder: string): Promise<void> => {
  const seen: { name: string; pixels: string }[] = [];
  for (const worker of workers) {
    const { pixels } = await outcomeOf(worker, folder);
    seen.push({ name: worker.name, pixels: pixels.join() });
  }
  const odd = seen.find(({ pixels }) => pixels.length !== seen[0]?.pixels.length);
  if (odd) throw new AppError('internal', `${odd.name} took in other images than ${seen[0]?.name ?? 'ours'}`);
};

const race = async (
  servers: IngestServers,
  options: BenchOptions & { python: ReferencePython; files: readonly string[]; from: string; folder: string },
): Promise<Part> => {
  const { rounds, warmUp, onProgress, python, files, from, folder } = options;
  const prefixes = { [OURS]: 'ours', [CONTROL]: 'control', [PEER]: 'peer' };
  const starts = [
    () => servers.startOurs(OURS, prefixes[OURS]),
    () => servers.startOurs(CONTROL, prefixes[CONTROL]),
    () => servers.startPeer(python, prefixes[PEER]),
  ];
  return withWorkers(starts, async (workers) => {
    const contestants = workers.map((worker): Contestant => {
      let round = 0;
      return {
        name: worker.name,
        round: async () => {
          round += 1;
          await landFiles(servers.landing, `${prefixes[worker.name as keyof typeof prefixes]}-${round}`, files);
          return worker.round();
        },
      };
    });
    const turns = await takeTurns({
      ...{ contestants, rounds, warmUp },
      onTurn: ({ round, name, perSecond, timed }) =>
        onProgress(`${timed ? `round ${round} of ${rounds}` : 'warm-up'}: ${name} ${perSecond.toFixed(1)} images/s`),
    });
    await checkOutcomes(workers, folder);
    const speeds = workers.map(({ name, about }): BenchMeasurement => {
      const values = turns.get(name) ?? [];
      const facts = { ...about, images: files.length, from };
      return { name, unit: 'images/s', median: quantileOf(values, 0.5), values, about: facts };
    });
    const ratio = measureRatio(turns, OURS, PEER);
    return {
      measurements: [...speeds, ratio, measureRatio(turns, OURS, CONTROL)],
      targets: [
        judgeTarget({
          ...{ name: 'ingest_vs_pillow_boto3', targets: everywhere(1), cpuClass: describeMachine(1).cpuClass },
          ...{ ratio: ratio.median, spread: spreadOf(pairedRatios(turns, OURS, CONTROL)) },
        }),
      ],
    };
  });
};

export const ingestBench: Bench = {
  name: 'ingest',
  // A landing of some size: what a version costs by itself, a tenth of a second, counts for little in one.
  images: 384,
  description:
    'objects in MinIO to a registered dataset version, against a script with Pillow and boto3; and how it grows',
  run: async (options) => {
    const { cacheDir, onProgress } = options;
    const startedAt = new Date();
    const python = await ensureIngestPython({ cacheDir, onProgress });
    const found = await findBenchImages({
      ...(options.data === undefined ? {} : { folder: options.data }),
      ...{ count: options.images, cacheDir, onProgress },
    });
    // A comment can be put into these without decoding them.
    const files = found.files.filter((file) => /\.(jpe?g|png)$/i.test(file));
    onProgress(`${files.length} images of ${found.from}`);
    const folder = await mkdtemp(join(tmpdir(), 'graft-bench-'));
    try {
      return await withIngestServers(onProgress, async (servers) => {
        const raced = await race(servers, { ...options, python, files, from: found.from, folder });
        const grown = await benchGrowth(servers, GROWTH, { folder, onProgress });
        return createReport('ingest', startedAt, {
          machine: describeMachine(availableParallelism()),
          measurements: [...raced.measurements, ...grown.measurements],
          targets: [...raced.targets, ...grown.targets],
        });
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
