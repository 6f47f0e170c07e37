/** Settings of a pipeline that say something to no effect. */
import type { Strategy } from '@graft/contracts';
import type { Train } from './training-settings.js';

/**
 * What each of them would do, and why it doesn't.
 * @param strategy what is trained, as far as it is known: `auto` where a run has yet to choose
 * @returns sentences that begin with the setting; none where all count
 */
export const idleSettings = ({
  strategy,
  train,
}: {
  readonly strategy: Strategy | 'auto';
  readonly train: Pick<Train, 'strategy' | 'augment' | 'stages' | 'budgetMinutes' | 'weights'>;
}): string[] => {
  const isGiven = train.strategy !== 'auto';
  const idle: readonly (readonly [boolean, string])[] = [
    [
      (strategy === 'head' || strategy === 'partial') && train.augment !== undefined,
      `train.augment: ${strategy} learns from cached activations of each image as it is, not from random views`,
    ],
    [
      train.stages !== undefined && strategy !== 'partial' && isGiven,
      `train.stages: it counts the stages that \`partial\` trains; the strategy is ${strategy}`,
    ],
    [
      train.budgetMinutes !== undefined && isGiven,
      'train.budgetMinutes: it limits what `auto` chooses; the strategy is given',
    ],
    [
      strategy === 'scratch' && train.weights !== undefined,
      'train.weights: training from scratch starts from random weights; these serve drift alone',
    ],
  ];
  return idle.flatMap(([applies, message]) => (applies ? [`without effect: ${message}`] : []));
};
