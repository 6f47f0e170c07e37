/** Half of the bench `finetune`: a linear classifier on frozen features, from image files until the exported ONNX is evaluated. */
import { everywhere, withOutcomes, type FinetuneOptions, type Part, type Starter } from './finetune-contestants.js';
import { withWorkers } from './line-worker.js';
import type { LabelledPhotos } from './labelled-photos.js';
import { describeMachine, judgeTarget, type BenchMeasurement, type BenchTarget } from './report.js';
import { pairedRatios, quantileOf, spreadOf, takeTurns } from './take-turns.js';

const HEAD = {
  ours: 'graft head',
  control: 'graft head (control)',
  int8: 'graft head, int8 embedder',
  peer: 'pytorch probe',
} as const;
const HEAD_WARM_UP = 1;
/** What the photos beside the checkout allow: PyTorch's probe is right on .941 of them. */
const HEAD_ACCURACY = 0.935;

export const benchHead = async (start: Starter, options: FinetuneOptions): Promise<Part> => {
  const { photos, folder, rounds, onProgress } = options;
  const starts = [
    () => start.ours(HEAD.ours, 'head'),
    () => start.ours(HEAD.control, 'head'),
    () => start.ours(HEAD.int8, 'head', 'int8'),
    () => start.peer(HEAD.peer, 'probe'),
  ];
  return withWorkers(starts, async (workers) => {
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
    const int8Ratios = pairedRatios(turns, HEAD.int8, HEAD.peer);
    const spread = spreadOf(pairedRatios(turns, HEAD.ours, HEAD.control));
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
        {
          name: `${HEAD.int8} to ${HEAD.peer}`,
          unit: 'ratio',
          median: quantileOf(int8Ratios, 0.5),
          values: int8Ratios,
        },
      ],
      targets: [
        judgeTarget({
          name: 'head_vs_pytorch_probe',
          targets: everywhere(5),
          cpuClass,
          ratio: quantileOf(ratios, 0.5),
          spread,
        }),
        // What a pipeline with an embedder in eight bits takes from its second run on: its first one calibrates.
        judgeTarget({
          name: 'head_int8_vs_pytorch_probe',
          targets: everywhere(5),
          cpuClass,
          ratio: quantileOf(int8Ratios, 0.5),
          spread,
        }),
        accuracyTarget('head_accuracy', photos, accuracy),
        accuracyTarget('head_int8_accuracy', photos, quantileOf(accuraciesOf(HEAD.int8), 0.5)),
      ],
    };
  });
};

/** Not a ratio: the accuracy itself, which a speed must not be paid with. */
const accuracyTarget = (name: string, { isDefault, from }: LabelledPhotos, accuracy: number): BenchTarget =>
  isDefault
    ? {
        name,
        ratio: accuracy,
        spread: null,
        target: HEAD_ACCURACY,
        applies: true,
        met: accuracy >= HEAD_ACCURACY,
      }
    : {
        name,
        ratio: null,
        spread: null,
        target: null,
        applies: false,
        met: false,
        reason: `nothing is asked of ${from}`,
      };
