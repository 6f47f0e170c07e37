/**
 * `auto`: how much of a network the data can bear to train, after CS231n's chart of transfer learning (few and similar images:
 * a linear head; few and different: a cut further from the classifier; many: fine-tune more; random weights only where
 * images are very many and very different). Says why, with the numbers.
 */
import type { Strategy } from '@graft/contracts';
import { countImages, formatCount, formatImages, formatPercent, type DatasetSummary } from './dataset-summary.js';
import type { Evidence } from './evidence.js';

export interface StrategyChoice {
  readonly strategy: Strategy;
  /** Stages that `partial` trains beyond the network's default. */
  readonly moreStages: number;
  /** For a person, one sentence each. */
  readonly reasons: readonly string[];
}

/** Training images of the median label. */
const SOME_PER_LABEL = 50;
const MANY_PER_LABEL = 500;
const VERY_MANY_PER_LABEL = 5_000;
/** ImageNet has 1.3 million: fewer by far don't make up for what it taught. */
const VERY_MANY_IN_ALL = 500_000;

/*
 * Measured on at most 256 images with efficientnet_lite0 and, in brackets, lite1; then what lite0 came to on held-out images
 * with the settings of training-settings.ts (float32; two seeds of the first, one of the others; 12 epochs of partial on emoji):
 *
 *                                        familiarity   separability   head   partial
 *   hymenoptera (photos, 2 labels)       .73 (.60)     .90 (.93)      .96    .94      153 images held out, 104 a label learned from
 *   google's emoji (drawings, 6 labels)  .29 (.22)     .49 (.53)      .76    .83      225 images held out, 132 a label learned from
 *   twitter's emoji                      .30 (.23)     .50 (.48)
 *   synthetic stripes (3 labels)         .28 (.35)     1.00 (1.00)    unlike any photo, and yet easy
 *
 * So deeper training pays where features don't tell the labels apart, and costs a little where they do. Both thresholds lie
 * between. How sure a classifier is depends on how it was trained (label smoothing and mixed images make it less so), so that
 * separability, which doesn't, decides first.
 */
const FAMILIAR = 0.45;
const SEPARABLE = 0.8;
/** Hardly anything is left for deeper training to gain. */
const SOLVED = 0.97;

/** Whether images look like what a network was trained on, by its `familiarity` (evidence.ts); null where that is unknown. */
export const isFamiliar = (familiarity: number | null): boolean | null =>
  familiarity === null ? null : familiarity >= FAMILIAR;

type Amount = 'few' | 'some' | 'many' | 'very many';

const amountOf = ({ train, median }: { train: number; median: number }): Amount => {
  if (median >= VERY_MANY_PER_LABEL && train >= VERY_MANY_IN_ALL) return 'very many';
  if (median >= MANY_PER_LABEL) return 'many';
  return median >= SOME_PER_LABEL ? 'some' : 'few';
};

const describeEvidence = ({ images, familiarity, separability }: Evidence): string[] => [
  familiarity === null
    ? 'how familiar the images look could not be measured: the weights come without a classifier of many classes'
    : `the network's own classifier is ${formatPercent(familiarity)} sure of its first guess on ${formatImages(images)}, on average: ` +
      (familiarity >= FAMILIAR ? 'they look like what it was trained on' : 'they look unlike what it was trained on'),
  separability === null
    ? 'how well its features tell the labels apart could not be measured: too few labels have two images'
    : `its frozen features alone tell the labels apart ${formatPercent(separability)} of the way from chance to perfect` +
      (separability >= SEPARABLE ? '' : ', which leaves much to learn'),
];

/** The chart itself. `separable` and `familiar` are null where nothing is known. */
const chart = (
  amount: Amount,
  { separable, familiar, solved }: { separable: boolean | null; familiar: boolean | null; solved: boolean },
): { strategy: Strategy; moreStages: number; because: string } => {
  const isDifferent = separable === false || (separable === null && familiar === false);
  const isSimilar = separable === true || (separable === null && familiar === true);
  const choose = (strategy: Strategy, because: string, moreStages = 0) => ({ strategy, moreStages, because });
  if (solved) return choose('head', 'the frozen features do the work already, and a linear head is all that they need');
  switch (amount) {
    case 'few':
      return isDifferent
        ? choose(
            'partial',
            'with few images of another kind, the last stages learn anew and the general early ones stay',
            familiar === false ? 1 : 0,
          )
        : choose('head', 'with few images, more than a linear head would be learned by heart');
    case 'some':
      if (isSimilar)
        return choose(
          'head',
          'the features tell most of it already, and deeper training would rather forget than gain',
        );
      return choose(
        'partial',
        isDifferent
          ? 'the features leave much to learn, and there are images enough for the last stages'
          : 'there are images enough for the last stages',
        isDifferent && familiar === false ? 1 : 0,
      );
    case 'many':
      return choose('full', 'there are images enough to adapt the whole network, from its pre-trained weights');
    case 'very many':
      return isDifferent && familiar === false
        ? choose('scratch', 'there are images enough to learn everything, and pre-training knows little of their kind')
        : choose(
            'full',
            'there are images enough to adapt the whole network, and pre-trained weights are a head start',
          );
  }
};

/** @param evidence null: nothing could be measured, counts decide alone. */
export const chooseStrategy = (dataset: DatasetSummary, evidence: Evidence | null): StrategyChoice => {
  const counts = countImages(dataset);
  const amount = amountOf(counts);
  const { familiarity = null, separability = null } = evidence ?? {};
  const { strategy, moreStages, because } = chart(amount, {
    familiar: isFamiliar(familiarity),
    separable: separability === null ? null : separability >= SEPARABLE,
    solved: separability !== null && separability >= SOLVED,
  });
  return {
    strategy,
    moreStages,
    reasons: [
      `${formatImages(counts.train)} to train on, ${formatCount(counts.median)} of the median label and ${formatCount(counts.least)} of the rarest: ${amount}`,
      ...(evidence === null
        ? ['nothing was measured on the images: their number decides alone']
        : describeEvidence(evidence)),
      `auto chooses ${strategy}: ${because}`,
    ],
  };
};
