/** What must hold of a training against PyTorch's, in the short tests and in the long ones. Each answers what was measured. */
import { expect } from '@jest/globals';
import { gapsBetween, movedFrom, totalNorm, type Gap } from './compare-parameters.js';
import { parametersOf, trainThroughGraft, type Parameters } from './train-through-graft.js';
import type { TrainingReference, WantedOptimizer, WantedTraining } from './training-references.js';

/** Largest ‖ours − PyTorch's‖ of a gradient or of a moved statistic, as a share of PyTorch's norm. */
const SAME_GRADIENT = 1e-4;
/** The same of a parameter after twenty steps. */
const SAME_PARAMETER = 1e-3;
/** The same of the way that a parameter went, in the middle one of all. */
const SAME_MOVEMENT = 0.1;
/** Or so many times what PyTorch's own float32 is off its float64 in the same tensor, where that is more. */
const OF_OWN = 4;
/** PyTorch's own may be off by so many times what is allowed in its worst tensor: more would prove nothing. */
const FAIR = 2.5;
/** A gradient with less than this share of all gradients' norm is compared with that. */
const FLOOR = 1e-3;

/**
 * A comparison of gradients: small images, batches that are large enough for statistics. VGG's first maps are as large as the
 * image, and no batch norm calms most of them: of so many numbers some lie within rounding of a kink, so it sees less.
 */
export const gradientsOf = (model: string, batchStatistics: boolean): WantedTraining => {
  const [size, batch] = model.startsWith('vgg') ? [32, batchStatistics ? 4 : 2] : [64, batchStatistics ? 8 : 2];
  return {
    name: `${model}-${batchStatistics ? 'batch' : 'frozen'}`,
    ...{ model, classes: 5, size: [size, size], batch, seed: 1 },
    ...{ batchStatistics, optimizer: null, steps: 1, exact: true },
  };
};

/** Rates at which the loss falls, and rounding errors don't grow from step to step. */
const optimizerOf = (kind: WantedOptimizer['kind'], batchStatistics: boolean): WantedOptimizer =>
  kind === 'sgd'
    ? { kind, learningRate: batchStatistics ? 1e-3 : 2e-4, weightDecay: 1e-4 }
    : { kind, learningRate: 5e-5, weightDecay: 0.05 };

/** A comparison of where twenty steps of an optimizer end. */
export const twentySteps = (
  model: string,
  batchStatistics: boolean,
  kind: WantedOptimizer['kind'],
): WantedTraining => ({
  name: `${model}-${kind}-${batchStatistics ? 'batch' : 'frozen'}`,
  ...{ model, classes: 5, size: [64, 64], batch: 8, seed: 3, batchStatistics, steps: 20, exact: false },
  optimizer: optimizerOf(kind, batchStatistics),
});

const largest = (gaps: readonly Gap[]): number => gaps[0]?.gap ?? 0;
const median = (gaps: readonly Gap[]): number => gaps[Math.floor(gaps.length / 2)]?.gap ?? NaN;
const share = (value: number): string => value.toExponential(1);

const isFair = (own: readonly Gap[], allowed: number): boolean => largest(own) <= FAIR * allowed;

const describeGaps = (what: string, ours: readonly Gap[], own: readonly Gap[]): string => {
  const apart = `${what}: at most ${share(largest(ours))} apart (${ours[0]?.name ?? ''}), median ${share(median(ours))}`;
  return own.length === 0 ? apart : `${apart}; PyTorch's own float32 ${share(largest(own))} off its float64`;
};

/** The tensors that are further apart than allowed. */
const tooFar = (ours: readonly Gap[], own: readonly Gap[], allowed: number): readonly Gap[] => {
  const owns = new Map(own.map(({ name, gap }) => [name, gap]));
  return ours.filter(({ name, gap }) => !(gap <= Math.max(allowed, OF_OWN * (owns.get(name) ?? 0))));
};

/** PyTorch's float32 against its float64; none where that wasn't computed. */
const ownGaps = (reference: TrainingReference, expected: Parameters, floorShare = 0): readonly Gap[] => {
  if (reference.exact === null) return [];
  const exact = parametersOf(reference, reference.exact);
  return gapsBetween(expected, exact, floorShare * totalNorm(exact));
};

export const expectGradients = async (reference: TrainingReference): Promise<string> => {
  const expected = parametersOf(reference, reference.result);
  const own = ownGaps(reference, expected, FLOOR);
  const { result, losses } = await trainThroughGraft(reference);
  const ours = gapsBetween(result, expected, FLOOR * totalNorm(expected));
  const text = describeGaps(`${reference.wanted.name} gradients`, ours, own);
  expect({ text, isFair: isFair(own, SAME_GRADIENT) }).toEqual({ text, isFair: true });
  expect(tooFar(ours, own, SAME_GRADIENT)).toEqual([]);
  expect(losses[0]).toBeCloseTo(reference.losses[0] ?? NaN, 4);
  return text;
};

export const expectTrained = async (reference: TrainingReference): Promise<string> => {
  const start = parametersOf(reference, reference.start);
  const expected = parametersOf(reference, reference.result);
  const own = ownGaps(reference, expected);
  const { result } = await trainThroughGraft(reference);
  const ours = gapsBetween(result, expected);
  const moved = gapsBetween(expected, start);
  const ofMovement = gapsBetween(movedFrom(start, result), movedFrom(start, expected));
  const text =
    `${describeGaps(`${reference.wanted.name} parameters`, ours, own)}; they moved by ${share(median(moved))} (median), ` +
    `of which ${share(median(ofMovement))} apart`;
  expect({ text, isFair: isFair(own, SAME_PARAMETER) }).toEqual({ text, isFair: true });
  expect(tooFar(ours, own, SAME_PARAMETER)).toEqual([]);
  // What didn't move would be in the same place however it was trained.
  expect(median(ofMovement)).toBeLessThan(SAME_MOVEMENT);
  return text;
};
