/**
 * Half of the bench `finetune`: ours trains the last stages, on activations cached at the cut, theirs the whole network. What counts
 * is the time to the accuracy that theirs ends with.
 */
import {
  everywhere,
  withOutcomes,
  type FinetuneOptions,
  type Outcome,
  type Part,
  type Starter,
} from './finetune-contestants.js';
import { withWorkers } from './line-worker.js';
import { describeMachine, judgeTarget, type BenchMeasurement } from './report.js';
import { quantileOf, spreadOf, takeTurns } from './take-turns.js';

const PARTIAL = {
  ours: 'graft partial',
  control: 'graft partial (control)',
  peer: 'pytorch full channels_last',
  best: 'pytorch full channels_last bf16',
} as const;
/** Trainings with seeds of their own, of each contestant. */
const SEEDS = 5;
/** Seconds to the first time that an accuracy is reached; infinite where it never is. */
const timeTo = (accuracy: number, { timeline }: Outcome): number =>
  timeline.find((point) => point.accuracy >= accuracy)?.seconds ?? Infinity;

export const benchPartial = async (start: Starter, options: FinetuneOptions): Promise<Part> => {
  const { folder, onProgress } = options;
  const { cpuClass } = describeMachine(1);
  const starts = [
    () => start.ours(PARTIAL.ours, 'partial'),
    () => start.ours(PARTIAL.control, 'partial'),
    () => start.peer(PARTIAL.peer, 'full'),
    ...(cpuClass === 'bf16' ? [() => start.peer(PARTIAL.best, 'full-bf16')] : []),
  ];
  return withWorkers(starts, async (workers) => {
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
