/** A step in parts against the same step on the whole batch, in TensorFlow's own session. */
import { describe, expect, it } from '@jest/globals';
import { findArchitecture } from '../architectures/find-architecture.js';
import { initializeWeights } from '../graph/initialize-weights.js';
import { createRandom } from '../random.js';
import { compileTraining, type TrainingGraphOptions } from './compile-training.js';
import { initialState } from './initial-state.js';
import { openTrainingSession, type StepResult, type TrainingBatch } from './training-session.js';

const [CLASSES, SIZE, BATCH] = [3, 32, 6];
const graph = findArchitecture('mobilenet_v3_small').graph({ height: SIZE, width: SIZE, classes: CLASSES });
const weights = initializeWeights(graph, 1);
const random = createRandom(3);
const batch: TrainingBatch = {
  input: {
    values: Float32Array.from({ length: BATCH * SIZE * SIZE * 3 }, () => random.normal()),
    shape: [BATCH, SIZE, SIZE, 3],
  },
  labels: {
    values: Float32Array.from({ length: BATCH * CLASSES }, (_, at) =>
      at % CLASSES === Math.floor(at / CLASSES) % CLASSES ? 1 : 0,
    ),
    shape: [BATCH, CLASSES],
  },
  weights: Float32Array.of(1, 2, 0.5, 1, 3, 1),
  scalars: { learningRate: 0.1, averageDecay: 0.5 },
};
const OPTIONS: TrainingGraphOptions = {
  graph,
  precision: 'float',
  optimizer: { kind: 'sgd', momentum: 0.9, nesterov: false, weightDecay: 0.01 },
  usesBatchStatistics: () => false,
  clipNorm: 1,
  keepsAverage: true,
  accumulates: true,
};

type State = ReadonlyMap<string, Float32Array>;

/** Two steps, so that sums of the first would show in the second; `size` null: the whole batch at once. */
const train = async (
  size: number | null,
  change: Partial<TrainingGraphOptions> = {},
  given = batch,
): Promise<{ result: StepResult; state: State }> => {
  const training = compileTraining({ ...OPTIONS, ...change });
  const session = await openTrainingSession(training);
  try {
    session.assign(initialState(training, { graph, weights }));
    const step = (): StepResult => (size === null ? session.step(given) : session.stepInParts(given, size));
    step();
    return { result: step(), state: session.read() };
  } finally {
    session.dispose();
  }
};

const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, each) => sum + each ** 2, 0));

/** How far apart two states are, of all their numbers together. */
const distance = (a: State, b: State, only: (name: string) => boolean): number => {
  const [gaps, norms] = [...a]
    .filter(([name]) => only(name))
    .map(([name, values]) => [norm(values.map((each, at) => each - (b.get(name)?.[at] ?? NaN))), norm(values)] as const)
    .reduce(([gap, all], [own, size]) => [Math.hypot(gap, own), Math.hypot(all, size)] as const, [0, 0] as const);
  return gaps / norms;
};

describe('a step in parts', () => {
  it.each([1, 2, 4, 6])('is the step on the whole batch, %i images at a time', async (size) => {
    const [whole, parts] = [await train(null), await train(size)];
    expect(parts.result.loss).toBeCloseTo(whole.result.loss, 5);
    expect(parts.result.gradientNorm / whole.result.gradientNorm).toBeCloseTo(1, 4);
    expect(parts.result.logits.length).toBe(BATCH * CLASSES);
    expect(distance(whole.state, parts.state, (name) => !name.startsWith('momentum/'))).toBeLessThan(1e-5);
    expect(distance(whole.state, parts.state, (name) => name.startsWith('momentum/'))).toBeLessThan(1e-4);
  });

  it('moves statistics once, towards the mean of its parts', async () => {
    const first = graph.layers.find(({ kind }) => kind === 'batchNorm')?.name ?? '';
    const change = { usesBatchStatistics: (layer: string) => layer === first, statisticsMomentum: 0.5 };
    // Two parts of the same weight, and nothing learns before or at this norm: the means of the parts average to the batch's.
    const even = { ...batch, weights: new Float32Array(BATCH).fill(1) };
    const learns = (layer: string): boolean => layer === graph.layers.at(-1)?.name;
    const [whole, parts] = [
      await train(null, { ...change, learns }, even),
      await train(3, { ...change, learns }, even),
    ];
    expect(distance(whole.state, parts.state, (name) => name === `${first}.mean`)).toBeLessThan(1e-5);
    const moved = whole.state.get(`${first}.mean`) ?? new Float32Array();
    expect(norm(moved)).toBeGreaterThan(0);
  });

  it('is refused by a graph that was not compiled for it', async () => {
    await expect(train(2, { accumulates: false })).rejects.toMatchObject({ code: 'internal' });
  });
});

describe('an evaluation', () => {
  it('is in float32, also where steps are in bfloat16', async () => {
    const answers = await Promise.all(
      (['float', 'bfloat16'] as const).map(async (precision) => {
        const training = compileTraining({ ...OPTIONS, precision });
        const session = await openTrainingSession(training);
        session.assign(initialState(training, { graph, weights }));
        const logits = session.evaluate(batch.input);
        session.dispose();
        return logits;
      }),
    );
    expect(answers[1]).toEqual(answers[0]);
  });
});
