/**
 * Bench `train`: whole training steps (forward, backward, optimizer; batch statistics) of ResNet-18, EfficientNet-lite0 and
 * ResNet-50 on random images, against Keras and PyTorch as people write them and at their best. Ours is the compiled graph
 * that fine-tuning runs. One network after the other: not all contestants of all networks fit into memory.
 */
import { availableParallelism } from 'node:os';
import type { CpuClass } from '@graft/platform';
import { ensureKerasPython, ensureReferencePython } from '../python/reference-python.js';
import { setupTensorflow } from '../tensorflow/setup-tensorflow.js';
import type { Bench, BenchOptions } from './bench.js';
import type { LineWorker } from './line-worker.js';
import {
  createReport,
  describeMachine,
  judgeTarget,
  type BenchMeasurement,
  type BenchReport,
  type BenchTarget,
  type TargetByClass,
} from './report.js';
import { fastestOf, pairedRatios, quantileOf, spreadOf, takeTurns, type Turns } from './take-turns.js';
import {
  contestantsFor,
  controlOf,
  KERAS,
  KERAS_BF16,
  KERAS_PLAIN,
  OURS,
  OURS_BF16,
  PYTORCH,
  PYTORCH_BF16,
  startTrainContestant,
  type Pythons,
  type TrainContestant,
  type TrainWork,
} from './train-contestants.js';

const NO_AVX2 = 'this CPU has no AVX2';
const NO_BF16 = 'this CPU has no bfloat16 unit';

const targets = (avx2: number | string, newer: number | string, bf16 = newer): TargetByClass => ({
  baseline: NO_AVX2,
  avx2,
  'avx512-vnni': newer,
  bf16,
});

/** Ours against the fastest of some contestants: a ratio of the fastest of each side. */
interface Race {
  readonly target: string;
  readonly targets: TargetByClass;
  readonly ours: readonly TrainContestant[];
  /** Null: all peers. */
  readonly peers: readonly TrainContestant[] | null;
}

export interface NetworkBench {
  readonly work: TrainWork;
  readonly races: readonly Race[];
}

const BEST = [OURS, OURS_BF16];
const CLASSES = 10;

export const NETWORKS: readonly NetworkBench[] = [
  {
    work: { network: 'resnet18', size: 128, batch: 32, classes: CLASSES, steps: 2 },
    races: [
      {
        ...{ target: 'resnet18_fp32_vs_keras', targets: targets(1.15, 1.15) },
        ...{ ours: [OURS], peers: [KERAS_PLAIN, KERAS] },
      },
      {
        ...{ target: 'resnet18_fp32_vs_pytorch', targets: targets(0.95, 1.15) },
        ...{ ours: [OURS], peers: [PYTORCH] },
      },
      {
        ...{ target: 'resnet18_bf16_vs_keras_bf16', targets: targets(NO_BF16, NO_BF16, 1.2) },
        ...{ ours: [OURS_BF16], peers: [KERAS_BF16] },
      },
      {
        ...{ target: 'resnet18_bf16_vs_pytorch_bf16', targets: targets(NO_BF16, NO_BF16, 1) },
        ...{ ours: [OURS_BF16], peers: [PYTORCH_BF16] },
      },
    ],
  },
  {
    work: { network: 'efficientnet_lite0', size: 224, batch: 32, classes: CLASSES, steps: 1 },
    races: [{ target: 'lite0_vs_best_peer', targets: targets(1, 1), ours: BEST, peers: null }],
  },
  {
    work: { network: 'resnet50', size: 224, batch: 16, classes: CLASSES, steps: 1 },
    races: [{ target: 'resnet50_vs_best_peer', targets: targets(0.9, 1), ours: BEST, peers: null }],
  },
];

/** Of those that took part, the one with the highest median speed. */
const fastest = (turns: Turns, candidates: readonly TrainContestant[]): TrainContestant | undefined => {
  const name = fastestOf(
    turns,
    candidates.map((each) => each.name).filter((each) => turns.has(each)),
  );
  return candidates.find((each) => each.name === name);
};

/** One network's share of a report. */
export type Part = Pick<BenchReport, 'measurements' | 'targets'>;

/** What the turns of one network say. */
export const judgeNetwork = (options: {
  readonly work: TrainWork;
  readonly races: readonly Race[];
  readonly contestants: readonly TrainContestant[];
  readonly turns: Turns;
  readonly about: (name: string) => Readonly<Record<string, unknown>>;
  readonly cpuClass: CpuClass;
}): Part => {
  const { work, races, contestants, turns, about, cpuClass } = options;
  const peers = contestants.filter(({ side }) => side === 'peer');
  const control = contestants.find(({ side }) => side === 'control');
  const controlled = contestants.find((each) => control?.name === controlOf(each).name);
  const controlRatios = pairedRatios(turns, controlled?.name ?? '', control?.name ?? '');
  const ratioOf = (name: string, values: readonly number[]): BenchMeasurement => ({
    name: `${work.network}: ${name}`,
    unit: 'ratio',
    median: quantileOf(values, 0.5),
    values,
  });
  const judged = races.map((race): { ratio: BenchMeasurement | null; target: BenchTarget } => {
    const [ours, peer] = [fastest(turns, race.ours), fastest(turns, race.peers ?? peers)];
    const values = ours && peer ? pairedRatios(turns, ours.name, peer.name) : [];
    const target = judgeTarget({
      ...{ name: race.target, targets: race.targets, cpuClass },
      ...{ ratio: quantileOf(values, 0.5), spread: spreadOf(controlRatios) },
    });
    return { ratio: ours && peer ? ratioOf(`${ours.name} to ${peer.name}`, values) : null, target };
  });
  const speeds = contestants.map(({ name }): BenchMeasurement => {
    const values = turns.get(name) ?? [];
    return {
      ...{ name: `${work.network}: ${name}`, unit: 'images/s', median: quantileOf(values, 0.5), values },
      about: about(name),
    };
  });
  return {
    measurements: [
      ...speeds,
      ratioOf(`${controlled?.name ?? ''} to its control`, controlRatios),
      ...judged.flatMap(({ ratio }) => (ratio === null ? [] : [ratio])),
    ],
    targets: judged.map(({ target }) => target),
  };
};

const benchNetwork = async ({ work, races }: NetworkBench, pythons: Pythons, options: BenchOptions): Promise<Part> => {
  const { rounds, warmUp, onProgress } = options;
  const { cpuClass } = describeMachine(1);
  const contestants = contestantsFor(cpuClass);
  const workers: LineWorker[] = [];
  try {
    for (const each of contestants) {
      onProgress(`${work.network}: starting ${each.name}`);
      workers.push(await startTrainContestant(each, work, pythons));
    }
    const turns = await takeTurns({
      contestants: workers,
      rounds,
      warmUp,
      onTurn: ({ round, name, perSecond, timed }) =>
        onProgress(
          `${work.network}, ${timed ? `round ${round} of ${rounds}` : 'warm-up'}: ${name} ${perSecond.toFixed(1)} images/s`,
        ),
    });
    const about = (name: string) => workers.find((worker) => worker.name === name)?.about ?? {};
    return judgeNetwork({ work, races, contestants, turns, about, cpuClass });
  } finally {
    await Promise.all(workers.map((worker) => worker.close()));
  }
};

export const trainBench: Bench = {
  name: 'train',
  description: 'whole training steps of ResNet-18, EfficientNet-lite0 and ResNet-50, against Keras and PyTorch',
  run: async (options) => {
    const { cacheDir, onProgress } = options;
    const startedAt = new Date();
    await setupTensorflow({ cacheDir, onProgress });
    const pythons = {
      pytorch: await ensureReferencePython({ cacheDir, onProgress }),
      keras: await ensureKerasPython({ cacheDir, onProgress }),
    };
    const parts: Part[] = [];
    for (const network of NETWORKS) parts.push(await benchNetwork(network, pythons, options));
    return createReport('train', startedAt, {
      machine: describeMachine(availableParallelism()),
      measurements: parts.flatMap(({ measurements }) => measurements),
      targets: parts.flatMap((part) => part.targets),
    });
  },
};
