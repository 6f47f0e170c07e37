/**
 * Bench `embed`: from image files to cached feature vectors with EfficientNet-lite0. Ours is what a trainer does for a
 * chunk (sharp, onnxruntime in float32 or in eight bits, a shard in the cache); peers are PyTorch scripts.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureReferencePython } from '../python/reference-python.js';
import { findBenchImages } from './bench-images.js';
import type { Bench, BenchOptions } from './bench.js';
import { rowCosines, toFloats } from './compare-features.js';
import { CONTROL, CONTROL_INT8, OURS, OURS_INT8, peerModes, startOurs, startPeer } from './embed-contestants.js';
import { judgeEmbed } from './embed-judge.js';
import { withWorkers, type LineWorker } from './line-worker.js';
import { createReport, describeMachine, type BenchMeasurement, type BenchReport } from './report.js';
import { quantileOf, takeTurns } from './take-turns.js';

const compare = async (workers: readonly LineWorker[], folder: string, images: number): Promise<BenchMeasurement[]> => {
  const tables = await Promise.all(
    workers.map(async (worker, index) => {
      const path = join(folder, `features-${index}.f32`);
      await worker.save(path);
      return { name: worker.name, values: toFloats(await readFile(path)) };
    }),
  );
  const [ours, ...others] = tables;
  return others.flatMap(({ name, values }): BenchMeasurement[] => {
    const cosines = ours ? rowCosines(ours.values, values, images) : [];
    const mean = cosines.reduce((sum, each) => sum + each, 0) / cosines.length;
    const [unit, what] = ['cosine', `features of ${name} against ${OURS}`];
    return [
      {
        ...{ name: what, unit, median: quantileOf(cosines, 0.5) },
        values: [quantileOf(cosines, 0), quantileOf(cosines, 0.5), quantileOf(cosines, 1)],
        about: { values: 'least, median, greatest over the images' },
      },
      ...(name === OURS_INT8 ? [{ name: `${what}: mean`, unit, median: mean, values: [mean] }] : []),
    ];
  });
};

const measure = async (
  workers: readonly LineWorker[],
  options: BenchOptions & { images: number; from: string; folder: string },
): Promise<Omit<BenchReport, 'bench' | 'graft' | 'commit' | 'startedAt'>> => {
  const { rounds, warmUp, onProgress, images, from, folder } = options;
  const turns = await takeTurns({
    contestants: workers,
    rounds,
    warmUp,
    onTurn: ({ round, name, perSecond, timed }) =>
      onProgress(`${timed ? `round ${round} of ${rounds}` : 'warm-up'}: ${name} ${perSecond.toFixed(1)} images/s`),
  });
  const machine = describeMachine(availableParallelism());
  const speeds = workers.map(({ name, about }): BenchMeasurement => {
    const values = turns.get(name) ?? [];
    return { name, unit: 'images/s', median: quantileOf(values, 0.5), values, about: { ...about, images, from } };
  });
  const { measurements, targets } = judgeEmbed(turns, machine.cpuClass);
  return {
    machine,
    measurements: [...speeds, ...measurements, ...(await compare(workers, folder, images))],
    targets,
  };
};

export const embedBench: Bench = {
  name: 'embed',
  description:
    'image files to cached EfficientNet-lite0 features, in float32 and in eight bits, against PyTorch scripts',
  run: async (options) => {
    const { cacheDir, onProgress } = options;
    const startedAt = new Date();
    const python = await ensureReferencePython({ cacheDir, onProgress });
    const { files, calibration, from } = await findBenchImages({
      ...(options.data === undefined ? {} : { folder: options.data }),
      count: options.images,
      cacheDir,
      onProgress,
    });
    onProgress(`${files.length} images of ${from}`);
    const folder = await mkdtemp(join(tmpdir(), 'graft-bench-'));
    try {
      const paths = {
        folder,
        filesPath: join(folder, 'files.json'),
        calibrationPath: join(folder, 'calibration.json'),
      };
      await writeFile(paths.filesPath, JSON.stringify(files));
      await writeFile(paths.calibrationPath, JSON.stringify(calibration));
      const starting = (name: string, start: () => Promise<LineWorker>) => () => {
        onProgress(`starting ${name}`);
        return start();
      };
      const starts = [
        ...[OURS, CONTROL, OURS_INT8, CONTROL_INT8].map((name) =>
          starting(name, () => startOurs(name, paths, cacheDir)),
        ),
        ...Object.entries(peerModes(describeMachine(1).cpuClass)).map(([name, mode]) =>
          starting(name, () => startPeer(python, { name, mode, files: paths })),
        ),
      ];
      return await withWorkers(starts, async (workers) =>
        createReport('embed', startedAt, await measure(workers, { ...options, images: files.length, from, folder })),
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
