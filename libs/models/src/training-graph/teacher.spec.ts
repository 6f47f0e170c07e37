import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { graphUpTo } from '../graph/cut-graph.js';
import { initializeWeights } from '../graph/initialize-weights.js';
import { images, TINY } from '../testing/small-trainings.js';
import { compileTraining } from './compile-training.js';
import { initialState, teacherState } from './initial-state.js';
import { openTrainingSession, type TrainingBatch, type TrainingSession } from './training-session.js';

const ROWS = 6;
const LAYER = 'pool';
const FEATURES = graphUpTo(TINY, LAYER);
const [weights, theirs] = [initializeWeights(TINY, 1), initializeWeights(FEATURES, 2)];

const compile = (weight: number) =>
  compileTraining({
    graph: TINY,
    precision: 'float',
    optimizer: { kind: 'sgd', momentum: 0, nesterov: false, weightDecay: 0 },
    usesBatchStatistics: () => false,
    accumulates: true,
    teacher: { graph: FEATURES, layer: LAYER, weight },
  });

describe('a training with a teacher', () => {
  const training = compile(3);
  let session: TrainingSession;
  let batch: TrainingBatch;

  const start = (teacher = theirs): void => {
    session.assign(initialState(training, { graph: TINY, weights }));
    session.assignTeacher(teacherState({ graph: FEATURES, weights: teacher }));
  };

  beforeAll(async () => {
    session = await openTrainingSession(training);
    const examples = images(ROWS, 16, 4);
    const labels = new Float32Array(ROWS * 3);
    examples.labels.forEach((label, row) => (labels[row * 3 + label] = 1));
    batch = {
      input: {
        values: await examples.read(
          Array.from({ length: ROWS }, (_, row) => row),
          null,
        ),
        shape: [ROWS, 16, 16, 3],
      },
      labels: { values: labels, shape: [ROWS, 3] },
      weights: new Float32Array(ROWS).fill(1),
      scalars: { learningRate: 0 },
    };
  });
  afterAll(() => session.dispose());

  it('loses nothing to a teacher that it equals, and all of its weight to one that it is nothing like', () => {
    start(new Map([...weights].filter(([name]) => theirs.has(name))));
    const alone = session.step(batch).loss;
    start();
    const apart = session.step(batch).loss;
    expect(apart).toBeGreaterThan(alone + 0.3);
    expect(apart).toBeLessThan(alone + 30);
  });

  it.each(['stem.weight', 'bodyNorm.scale', 'body.weight'])('has the gradient of its loss: %s', (name) => {
    start();
    session.step(batch);
    // With no momentum the slot is the gradient.
    const gradient = session.read().get(`momentum/${name}`) ?? new Float32Array();
    const state = session.read();
    const lossWith = (at: number, change: number): number => {
      const values = Float32Array.from(state.get(name) ?? []);
      values[at] = (values[at] ?? NaN) + change;
      session.assign(new Map([...state, [name, values]]));
      return session.step(batch).loss;
    };
    const largest = gradient.reduce(
      (best, value, at) => (Math.abs(value) > Math.abs(gradient[best] ?? 0) ? at : best),
      0,
    );
    const change = 2e-3;
    const measured = (lossWith(largest, change) - lossWith(largest, -change)) / (2 * change);
    expect(Math.abs(measured)).toBeGreaterThan(0.01);
    expect((gradient[largest] ?? NaN) / measured).toBeCloseTo(1, 1);
  });

  it('comes closer to its teacher, which stays what it is and is no part of the state', () => {
    start();
    const before = session.step(batch).loss;
    for (let step = 0; step < 40; step += 1) session.step({ ...batch, scalars: { learningRate: 0.05 } });
    expect(session.step(batch).loss).toBeLessThan(0.6 * before);
    expect([...session.read().keys()].filter((name) => name.startsWith('teacher/'))).toEqual([]);
    expect(training.teacherVariables.map(({ name }) => name)).toContain('teacher/stem.weight');
  });

  it('learns the same way in parts, each held against the size of its own features', () => {
    start();
    const whole = session.step(batch);
    start();
    const parts = session.stepInParts(batch, 2);
    expect(parts.loss / whole.loss).toBeCloseTo(1, 1);
    expect(parts.gradientNorm / whole.gradientNorm).toBeCloseTo(1, 0);
  });
});
