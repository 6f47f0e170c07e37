/**
 * Bench `serve`: a replica against the same model behind FastAPI and ONNX Runtime in Python, image bytes in, by the same load of eight
 * clients that share the cores with the server; tensors through a replica against ONNX Runtime alone; and five times as many requests as
 * it can answer.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureFastapiPython } from '../python/reference-python.js';
import { findBenchImages } from './bench-images.js';
import type { Bench, BenchOptions } from './bench.js';
import { everywhere } from './finetune-contestants.js';
import { withWorkers, type LineWorker } from './line-worker.js';
import {
  createReport,
  describeMachine,
  judgeTarget,
  type BenchMeasurement,
  type BenchReport,
  type BenchTarget,
  type TargetByClass,
} from './report.js';
import {
  addressOf,
  loaded,
  memoryOf,
  NETWORK,
  replicaOf,
  sendAtRate,
  startFastapi,
  startLoad,
  startOurs,
  startRuntime,
  writeTensorRequest,
} from './serve-contestants.js';
import { fastestOf, measureRatio, pairedRatios, quantileOf, spreadOf, takeTurns, type Turns } from './take-turns.js';
import { prepareVariants } from './variants-contestants.js';

const OURS = 'graft fp32';
const CONTROL = `${OURS} (control)`;
const INT8 = 'graft int8';
const PEER = 'fastapi onnxruntime fp32';
const CLIENTS = 8;
/** Images that are sent in turn. */
const MOST_FILES = 128;

const TENSORS = 'graft tensors';
const TENSORS_CONTROL = `${TENSORS} (control)`;
const BATCHES = [1, 4, 8, 16];
const runtimeOf = (batch: number): string => `onnxruntime-node, batches of ${batch}`;

const OVERLOAD = 5;
const OVERLOAD_SECONDS = 10;

/** Eight-bit numbers are multiplied into 32-bit sums at once where there is VNNI; AVX2 takes three instructions for that. */
const INT8_TARGET: TargetByClass = { ...everywhere(1.4), baseline: 'this CPU has no AVX2', avx2: 1.15 };

type Part = Pick<BenchReport, 'measurements' | 'targets'>;

const lineOf = (name: string, unit: string, values: readonly number[]): BenchMeasurement => ({
  ...{ name, unit, median: quantileOf(values, 0.5), values },
});

const tellTurns =
  ({ rounds, onProgress }: BenchOptions, unit: string) =>
  ({ round, name, perSecond, timed }: { round: number; name: string; perSecond: number; timed: boolean }): void =>
    onProgress(`${timed ? `round ${round} of ${rounds}` : 'warm-up'}: ${name} ${perSecond.toFixed(1)} ${unit}`);

/** Requests a second, and how long the slowest hundredth of them took. */
const judgeImages = (turns: Turns, slowest: Turns): Part => {
  const { cpuClass } = describeMachine(1);
  const judge = (name: string, targets: TargetByClass, of: Turns, ours: string): BenchTarget =>
    judgeTarget({
      ...{ name, targets, cpuClass, ratio: quantileOf(pairedRatios(of, ours, PEER), 0.5) },
      spread: spreadOf(pairedRatios(of, OURS, CONTROL)),
    });
  return {
    measurements: [
      ...[...turns].map(([name, values]) => lineOf(name, 'requests/s', values)),
      // As speeds they are one over seconds, so that a larger ratio is better.
      ...[...slowest].map(([name, values]) =>
        lineOf(
          `${name}: p99`,
          'ms',
          values.map((value) => 1000 / value),
        ),
      ),
      measureRatio(turns, OURS, PEER),
      measureRatio(turns, INT8, PEER),
    ],
    targets: [
      judge('images_fp32_vs_fastapi', everywhere(1), turns, OURS),
      judge('images_int8_vs_fastapi', INT8_TARGET, turns, INT8),
      judge('p99_fp32_vs_fastapi', everywhere(1), slowest, OURS),
      judge('p99_int8_vs_fastapi', everywhere(1.25), slowest, INT8),
    ],
  };
};

interface Served {
  readonly ours: LineWorker;
  readonly int8: LineWorker;
  readonly peer: LineWorker;
  readonly files: readonly string[];
  readonly folder: string;
}

const raceImages = async (
  { ours, int8, peer, files, folder }: Served,
  options: BenchOptions,
): Promise<{ part: Part; peak: number }> => {
  const { rounds, warmUp, images: requests } = options;
  const racers = [
    [OURS, ours],
    [CONTROL, ours],
    [INT8, int8],
    [PEER, peer],
  ] as const;
  return withWorkers(
    racers.map(
      ([name, server]) =>
        () =>
          startLoad(name, addressOf(server).url, { files, clients: CLIENTS, requests }),
    ),
    async (loads) => {
      const p99s = new Map<string, number[]>();
      const contestants = loads.map((load) => loaded(load, { folder, p99s }));
      const turns = await takeTurns({ contestants, rounds, warmUp, onTurn: tellTurns(options, 'requests/s') });
      const slowest = new Map([...p99s].map(([name, values]) => [name, values.slice(-rounds).map((ms) => 1000 / ms)]));
      return { part: judgeImages(turns, slowest), peak: quantileOf(turns.get(OURS) ?? [], 0.5) };
    },
  );
};

const raceTensors = async ({ ours, folder }: Served, options: BenchOptions): Promise<Part> => {
  const { rounds, warmUp, images } = options;
  const { files, headers, images: batch } = await writeTensorRequest(folder, ours);
  const { infer: url } = replicaOf(ours);
  const requests = Math.ceil(images / batch);
  const work = { model: join(folder, 'fp32.onnx'), inputs: join(folder, 'inputs.f32'), images };
  return withWorkers(
    [
      ...[TENSORS, TENSORS_CONTROL].map((name) => () => startLoad(name, url, { files, headers, clients: 2, requests })),
      ...BATCHES.map((size) => () => startRuntime(runtimeOf(size), { ...work, batch: size })),
    ],
    async (workers) => {
      const contestants = workers.map((worker) => ({
        name: worker.name,
        round: async () => {
          const { seconds, units } = await worker.round();
          return { seconds, units: worker.name.startsWith(TENSORS) ? units * batch : units };
        },
      }));
      const turns = await takeTurns({ contestants, rounds, warmUp, onTurn: tellTurns(options, 'images/s') });
      const best = fastestOf(turns, BATCHES.map(runtimeOf)) ?? '';
      const { cpuClass } = describeMachine(1);
      const ratio = measureRatio(turns, TENSORS, best);
      return {
        measurements: [...[...turns].map(([name, values]) => lineOf(name, 'images/s', values)), ratio],
        targets: [
          judgeTarget({
            ...{ name: 'tensors_vs_onnxruntime', targets: everywhere(0.9), cpuClass, ratio: ratio.median },
            spread: spreadOf(pairedRatios(turns, TENSORS, TENSORS_CONTROL)),
          }),
        ],
      };
    },
  );
};

/** Five times what it can answer: what it answers still, and what it refuses. */
const overload = async ({ ours, files, folder }: Served, peak: number, { onProgress }: BenchOptions): Promise<Part> => {
  const rate = OVERLOAD * peak;
  onProgress(`${rate.toFixed(0)} requests/s for ${OVERLOAD_SECONDS} s`);
  const { url, pid } = addressOf(ours);
  const before = await memoryOf(pid);
  const started = await startLoad('overload', url, {
    ...{ files, clients: CLIENTS, requests: 1, rate, seconds: OVERLOAD_SECONDS },
  });
  const outcomes = await sendAtRate(started, folder).finally(() => started.close());
  const after = await memoryOf(pid);
  const countOf = (status: number): number => outcomes.filter((one) => one.status === status).length;
  const answered = countOf(200);
  const goodput = answered / OVERLOAD_SECONDS / peak;
  const isAllRefused = answered + countOf(429) === outcomes.length;
  const one = (name: string, unit: string, value: number): BenchMeasurement => lineOf(name, unit, [value]);
  return {
    measurements: [
      one('overload: sent', 'requests', outcomes.length),
      one('overload: answered', 'requests', answered),
      one('overload: refused (429)', 'requests', countOf(429)),
      one('overload: neither', 'requests', outcomes.length - answered - countOf(429)),
      one('memory before', 'MiB', before.now),
      one('memory after', 'MiB', after.now),
      one('memory at most', 'MiB', after.most),
    ],
    targets: [
      {
        ...{ name: 'overload_goodput', ratio: goodput, spread: null, target: 0.8, applies: true },
        met: goodput >= 0.8 && isAllRefused,
      },
    ],
  };
};

const joinParts = (parts: readonly Part[]): Part => ({
  measurements: parts.flatMap(({ measurements }) => measurements),
  targets: parts.flatMap(({ targets }) => targets),
});

const serverOf = (worker: LineWorker | undefined): LineWorker => {
  if (worker === undefined) throw new Error('a server is missing');
  return worker;
};

export const serveBench: Bench = {
  name: 'serve',
  images: 256,
  description: 'a replica against FastAPI with ONNX Runtime, image bytes in; tensors; and five times too many requests',
  run: async (options) => {
    const { cacheDir, onProgress } = options;
    const startedAt = new Date();
    const python = await ensureFastapiPython({ cacheDir, onProgress });
    const folder = await mkdtemp(join(tmpdir(), 'graft-bench-'));
    try {
      const { data, images: requests } = options;
      const images = await findBenchImages({
        ...{ count: Math.min(requests, MOST_FILES), cacheDir, onProgress },
        ...(data === undefined ? {} : { folder: data }),
      });
      onProgress('making the model, in float32 and in eight bits');
      await prepareVariants(
        { network: NETWORK, weights: 'published', contestants: [], races: [], macsShare: null, bytesShare: null },
        { images, folder, cacheDir },
      );
      const { files } = images;
      const model = join(folder, 'fp32.onnx');
      const parts = await withWorkers(
        [
          () => startOurs(OURS, { model, files, folder: join(folder, 'fp32') }),
          () => startOurs(INT8, { model: join(folder, 'int8.onnx'), files, folder: join(folder, 'int8') }),
        ],
        ([ours, int8]) =>
          withWorkers([() => startFastapi(PEER, python, { model, ours: serverOf(ours) })], async ([peer]) => {
            const served: Served = {
              ...{ ours: serverOf(ours), int8: serverOf(int8), peer: serverOf(peer) },
              ...{ files, folder },
            };
            const { part, peak } = await raceImages(served, options);
            return [part, await raceTensors(served, options), await overload(served, peak, options)];
          }),
      );
      const machine = describeMachine(availableParallelism());
      return createReport('serve', startedAt, { machine, ...joinParts(parts) });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
