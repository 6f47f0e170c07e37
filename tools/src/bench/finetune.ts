/**
 * Bench `finetune`: from image files to a classifier whose accuracy is known, with EfficientNet-lite0, against PyTorch
 * scripts. `head`: a linear classifier on frozen features, ours until the exported ONNX is evaluated. `partial`: ours, on
 * activations cached at the cut, against a full fine-tune of theirs: the time to the accuracy that theirs ends with.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { ensureReferencePython } from '../python/reference-python.js';
import { inRepository } from '../repository.js';
import type { Bench, BenchOptions } from './bench.js';
import { findLabelledPhotos, type LabelledPhotos } from './labelled-photos.js';
import { startLineWorker, type LineWorker } from './line-worker.js';
import {
  createReport,
  describeMachine,
  judgeTarget,
  type BenchMeasurement,
  type BenchReport,
  type BenchTarget,
  type TargetByClass,
} from './report.js';
import { pairedRatios, quantileOf, spreadOf, takeTurns } from './take-turns.js';

const outcomeSchema = z.object({
  accuracy: z.number(),
  /** Seconds since the round began, and the accuracy on the test photos at that time. */
  timeline: z.array(z.object({ seconds: z.number(), accuracy: z.number() })).min(1),
});
type Outcome = z.infer<typeof outcomeSchema>;

const HEAD = { ours: 'graft head', control: 'graft head (control)', peer: 'pytorch probe' } as const;
const PARTIAL = {
  ours: 'graft partial',
  control: 'graft partial (control)',
  peer: 'pytorch full channels_last',
  best: 'pytorch full channels_last bf16',
} as const;
/** Trainings with seeds of their own, of each contestant. */
const SEEDS = 5;
const HEAD_WARM_UP = 1;
/** What the photos beside the checkout allow: PyTorch's probe is right on .941 of them. */
const HEAD_ACCURACY = 0.935;

const everywhere = (target: number): TargetByClass => ({
  baseline: target,
  avx2: target,
  'avx512-vnni': target,
  bf16: target,
});

interface Starter {
  ours(name: string, mode: 'head' | 'partial'): Promise<LineWorker>;
  peer(name: string, mode: 'probe' | 'full' | 'full-bf16'): Promise<LineWorker>;
}

/** A contestant's rounds, with how each went. */
const withOutcomes = (worker: LineWorker, folder: string) => {
  const outcomes: Outcome[] = [];
  return {
    name: worker.name,
    outcomes,
    round: async () => {
      const round = await worker.round();
      const path = join(folder, 'outcome.json');
      await worker.save(path);
      outcomes.push(outcomeSchema.parse(JSON.parse(await readFile(path, 'utf8'))));
      return round;
    },
  };
};

const inTurn = async <T>(workers: readonly LineWorker[], work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } finally {
    await Promise.all(workers.map((worker) => worker.close()));
  }
};

type Part = Pick<BenchReport, 'measurements' | 'targets'>;

const benchHead = async (
  start: Starter,
  options: BenchOptions & { photos: LabelledPhotos; folder: string },
): Promise<Part> => {
  const { photos, folder, rounds, onProgress } = options;
  const workers = [
    await start.ours(HEAD.ours, 'head'),
    await start.ours(HEAD.control, 'head'),
    await start.peer(HEAD.peer, 'probe'),
  ];
  return inTurn(workers, async () => {
    const contestants = workers.map((worker) => withOutcomes(worker, folder));
    const turns = await takeTurns({
      contestants,
      rounds,
      warmUp: HEAD_WARM_UP,
      onTurn: ({ round, name, perSecond, timed }) =>
        onProgress(`${timed ? `round ${round} of ${rounds}` : 'warm-up'}: ${name} ${(1 / perSecond).toFixed(2)} s`),
    });
    const accuraciesOf = (name: string): number[] =>
      (contestants.find((each) => each.name === name)?.outcomes ?? []).map(({ accuracy }) => accuracy);
    const { cpuClass } = describeMachine(1);
    const ratios = pairedRatios(turns, HEAD.ours, HEAD.peer);
    const accuracy = quantileOf(accuraciesOf(HEAD.ours), 0.5);
    return {
      measurements: [
        ...workers.flatMap(({ name, about }): BenchMeasurement[] => {
          const seconds = (turns.get(name) ?? []).map((perSecond) => 1 / perSecond);
          const accuracies = accuraciesOf(name);
          return [
            {
              name,
              unit: 's',
              median: quantileOf(seconds, 0.5),
              values: seconds,
              about: { ...about, from: photos.from },
            },
            { name: `${name}: accuracy`, unit: 'share', median: quantileOf(accuracies, 0.5), values: accuracies },
          ];
        }),
        { name: `${HEAD.ours} to ${HEAD.peer}`, unit: 'ratio', median: quantileOf(ratios, 0.5), values: ratios },
      ],
      targets: [
        judgeTarget({
          name: 'head_vs_pytorch_probe',
          targets: everywhere(5),
          cpuClass,
          ratio: quantileOf(ratios, 0.5),
          spread: spreadOf(pairedRatios(turns, HEAD.ours, HEAD.control)),
        }),
        accuracyTarget(photos, accuracy),
      ],
    };
  });
};

/** Not a ratio: the accuracy itself, which a speed must not be paid with. */
const accuracyTarget = ({ isDefault, from }: LabelledPhotos, accuracy: number): BenchTarget =>
  isDefault
    ? {
        name: 'head_accuracy',
        ratio: accuracy,
        spread: null,
        target: HEAD_ACCURACY,
        applies: true,
        met: accuracy >= HEAD_ACCURACY,
      }
    : {
        name: 'head_accuracy',
        ratio: null,
        spread: null,
        target: null,
        applies: false,
        met: false,
        reason: `nothing is asked of ${from}`,
      };

/** Seconds to the first time that an accuracy is reached; infinite where it never is. */
const timeTo = (accuracy: number, { timeline }: Outcome): number =>
  timeline.find((point) => point.accuracy >= accuracy)?.seconds ?? Infinity;

const benchPartial = async (start: Starter, options: BenchOptions & { folder: string }): Promise<Part> => {
  const { folder, onProgress } = options;
  const { cpuClass } = describeMachine(1);
  const workers = [
    await start.ours(PARTIAL.ours, 'partial'),
    await start.ours(PARTIAL.control, 'partial'),
    await start.peer(PARTIAL.peer, 'full'),
    ...(cpuClass === 'bf16' ? [await start.peer(PARTIAL.best, 'full-bf16')] : []),
  ];
  return inTurn(workers, async () => {
    const contestants = workers.map((worker) => withOutcomes(worker, folder));
    // Nothing is timed by the turns themselves: each round's own timeline is.
    await takeTurns({
      contestants,
      rounds: SEEDS,
      warmUp: 0,
      onTurn: ({ round, name, perSecond }) => {
        const accuracy = contestants.find((each) => each.name === name)?.outcomes.at(-1)?.accuracy ?? NaN;
        onProgress(
          `seed ${round} of ${SEEDS}: ${name} ${(1 / perSecond).toFixed(1)} s, accuracy ${accuracy.toFixed(3)}`,
        );
      },
    });
    const outcomesOf = (name: string): readonly Outcome[] =>
      contestants.find((each) => each.name === name)?.outcomes ?? [];
    const goal = quantileOf(
      outcomesOf(PARTIAL.peer).map(({ accuracy }) => accuracy),
      0.5,
    );
    const timesOf = (name: string): number[] => outcomesOf(name).map((outcome) => timeTo(goal, outcome));
    const timeOf = (name: string): number => quantileOf(timesOf(name), 0.5);
    const ratio = timeOf(PARTIAL.peer) / timeOf(PARTIAL.ours);
    const controls = timesOf(PARTIAL.ours).map((seconds, at) => seconds / (timesOf(PARTIAL.control)[at] ?? NaN));
    return {
      measurements: [
        { name: `accuracy that ${PARTIAL.peer} ends with`, unit: 'share', median: goal, values: [goal] },
        ...workers.flatMap(({ name, about }): BenchMeasurement[] => {
          const accuracies = outcomesOf(name).map(({ accuracy }) => accuracy);
          return [
            { name: `${name}: time to it`, unit: 's', median: timeOf(name), values: timesOf(name), about },
            { name: `${name}: accuracy`, unit: 'share', median: quantileOf(accuracies, 0.5), values: accuracies },
          ];
        }),
      ],
      targets: [
        judgeTarget({
          name: 'partial_vs_pytorch_full',
          targets: everywhere(2),
          cpuClass,
          ratio,
          spread: spreadOf(controls),
        }),
      ],
    };
  });
};

export const finetuneBench: Bench = {
  name: 'finetune',
  description: 'photos to an evaluated classifier: a head, and the last stages, against PyTorch scripts',
  run: async (options) => {
    const { cacheDir, onProgress } = options;
    const startedAt = new Date();
    const photos = await findLabelledPhotos(options.data);
    const python = await ensureReferencePython({ cacheDir, onProgress });
    onProgress(`${photos.train.length} photos to learn from and ${photos.test.length} to test on, of ${photos.from}`);
    const folder = await mkdtemp(join(tmpdir(), 'graft-bench-'));
    try {
      const data = join(folder, 'data.json');
      await writeFile(data, JSON.stringify({ train: photos.train, test: photos.test, classes: photos.labels.length }));
      const start: Starter = {
        ours: (name, mode) =>
          startLineWorker({
            name,
            command: process.execPath,
            args: [inRepository('dist/apps/trainer/finetune-bench-process.js'), data, mode],
            env: { ...process.env, GRAFT_CACHE_DIR: cacheDir },
          }),
        peer: (name, mode) =>
          startLineWorker({
            name,
            command: python.command,
            args: [inRepository('tools/bench/peers/pytorch_finetune.py'), data, mode],
            env: python.env,
          }),
      };
      const head = await benchHead(start, { ...options, photos, folder });
      const partial = await benchPartial(start, { ...options, folder });
      return createReport('finetune', startedAt, {
        machine: describeMachine(availableParallelism()),
        measurements: [...head.measurements, ...partial.measurements],
        targets: [...head.targets, ...partial.targets],
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
