/**
 * Bench `embed`: from image files to cached feature vectors with EfficientNet-lite0. Ours is what a trainer does for a
 * chunk (sharp, onnxruntime fp32, a shard in the cache); peers are PyTorch scripts.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureReferencePython, type ReferencePython } from '../python/reference-python.js';
import { inRepository } from '../repository.js';
import { findBenchImages } from './bench-images.js';
import type { Bench, BenchOptions } from './bench.js';
import { rowCosines, toFloats } from './compare-features.js';
import { startLineWorker, type LineWorker } from './line-worker.js';
import {
  createReport,
  describeMachine,
  judgeTarget,
  type BenchMeasurement,
  type BenchReport,
  type TargetByClass,
} from './report.js';
import { pairedRatios, quantileOf, spreadOf, takeTurns } from './take-turns.js';

const OURS = 'graft onnxruntime fp32';
/** The same as ours, to see how far two identical contestants stray. */
const CONTROL = 'graft onnxruntime fp32 (control)';
const PLAIN = 'pytorch eager';
const PEER_MODES = { [PLAIN]: 'eager', 'pytorch channels_last': 'channels-last' } as const;
const BF16 = 'pytorch channels_last bf16';

const TARGETS: TargetByClass = {
  baseline: 'this CPU has no AVX2',
  avx2: 3.5,
  'avx512-vnni': 5,
  bf16: 5,
};

const startOurs = (name: string, filesPath: string, cacheDir: string): Promise<LineWorker> =>
  startLineWorker({
    name,
    command: process.execPath,
    args: [inRepository('dist/apps/trainer/embed-bench-process.js'), filesPath],
    env: { ...process.env, GRAFT_CACHE_DIR: cacheDir },
  });

const startPeer = (
  python: ReferencePython,
  { name, mode, folder, filesPath }: { name: string; mode: string; folder: string; filesPath: string },
): Promise<LineWorker> =>
  startLineWorker({
    name,
    command: python.command,
    args: [inRepository('tools/bench/peers/pytorch_embed.py'), filesPath, join(folder, `${mode}.pt`), mode],
    env: python.env,
  });

const compare = async (workers: readonly LineWorker[], folder: string, images: number): Promise<BenchMeasurement[]> => {
  const tables = await Promise.all(
    workers.map(async (worker, index) => {
      const path = join(folder, `features-${index}.f32`);
      await worker.save(path);
      return { name: worker.name, values: toFloats(await readFile(path)) };
    }),
  );
  const [ours, ...others] = tables;
  return others.map(({ name, values }) => {
    const cosines = ours ? rowCosines(ours.values, values, images) : [];
    return {
      name: `features of ${name} against ours`,
      unit: 'cosine',
      median: quantileOf(cosines, 0.5),
      values: [quantileOf(cosines, 0), quantileOf(cosines, 0.5), quantileOf(cosines, 1)],
      about: { values: 'least, median, greatest over the images' },
    };
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
  const spread = spreadOf(pairedRatios(turns, OURS, CONTROL));
  const ratioTo = (name: string): BenchMeasurement => {
    const values = pairedRatios(turns, OURS, name);
    return { name: `ours to ${name}`, unit: 'ratio', median: quantileOf(values, 0.5), values };
  };
  const speeds = workers.map(({ name, about }): BenchMeasurement => {
    const values = turns.get(name) ?? [];
    return { name, unit: 'images/s', median: quantileOf(values, 0.5), values, about: { ...about, images, from } };
  });
  const ratios = workers.filter(({ name }) => name !== OURS).map(({ name }) => ratioTo(name));
  return {
    machine,
    measurements: [...speeds, ...ratios, ...(await compare(workers, folder, images))],
    targets: [
      judgeTarget({
        name: 'embed_fp32_vs_pytorch_script',
        targets: TARGETS,
        cpuClass: machine.cpuClass,
        ratio: ratioTo(PLAIN).median,
        spread,
      }),
    ],
  };
};

export const embedBench: Bench = {
  name: 'embed',
  description: 'image files to cached EfficientNet-lite0 features, against PyTorch scripts',
  run: async (options) => {
    const { cacheDir, onProgress } = options;
    const startedAt = new Date();
    const python = await ensureReferencePython({ cacheDir, onProgress });
    const { files, from } = await findBenchImages({
      ...(options.data === undefined ? {} : { folder: options.data }),
      count: options.images,
      cacheDir,
      onProgress,
    });
    onProgress(`${files.length} images of ${from}`);
    const folder = await mkdtemp(join(tmpdir(), 'graft-bench-'));
    const workers: LineWorker[] = [];
    try {
      const filesPath = join(folder, 'files.json');
      await writeFile(filesPath, JSON.stringify(files));
      const modes = {
        ...PEER_MODES,
        ...(describeMachine(1).cpuClass === 'bf16' ? { [BF16]: 'channels-last-bf16' } : {}),
      };
      for (const name of [OURS, CONTROL]) {
        onProgress(`starting ${name}`);
        workers.push(await startOurs(name, filesPath, cacheDir));
      }
      for (const [name, mode] of Object.entries(modes)) {
        onProgress(`starting ${name}`);
        workers.push(await startPeer(python, { name, mode, folder, filesPath }));
      }
      const rest = await measure(workers, { ...options, images: files.length, from, folder });
      return createReport('embed', startedAt, rest);
    } finally {
      await Promise.all(workers.map((worker) => worker.close()));
      await rm(folder, { recursive: true, force: true });
    }
  },
};
