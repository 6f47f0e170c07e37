import { describe, expect, it } from '@jest/globals';
import { loadTensorFlow } from '../tensorflow/load-tensorflow.js';
import { TrainingDivergedError, type EpochReport, type HeadTraining, type LabelledFeatures } from './head-training.js';
import { learningRateAt } from './learning-rate.js';
import { createRandom, shuffledIndices } from '../random.js';
import { differentiate, measure } from './softmax-regression.js';
import { trainHead } from './train-head.js';

const LENGTH = 12;
const CLASSES = 3;

/** Clouds around one corner a class, on columns of very different scale; the last column never moves. */
const clouds = (rows: number, seed: number): LabelledFeatures => {
  const random = createRandom(seed);
  const labels = Int32Array.from({ length: rows }, (_, row) => row % CLASSES);
  const features = Float32Array.from({ length: rows * LENGTH }, (_, at) => {
    const [row, column] = [Math.floor(at / LENGTH), at % LENGTH];
    if (column === LENGTH - 1) return 4;
    const centre = column % CLASSES === labels[row] ? 2 : 0;
    return (centre + random.normal()) * 10 ** ((column % 5) - 2) + 3;
  });
  return { features, labels };
};

const CONFIG = {
  epochs: 40,
  batchSize: 32,
  learningRate: 0.01,
  weightDecay: 0.05,
  labelSmoothing: 0.1,
  patience: 10,
  seed: 7,
};
const training = (change: Partial<HeadTraining> = {}): HeadTraining => ({
  ...clouds(310, 1),
  featureLength: LENGTH,
  classes: CLASSES,
  validation: clouds(90, 2),
  config: CONFIG,
  ...change,
});

const accuracy = ({ weights, bias }: { weights: Float32Array; bias: Float32Array }, rows: LabelledFeatures): number => {
  let right = 0;
  for (let row = 0; row < rows.labels.length; row += 1) {
    const logits = Array.from(bias, (start, k) =>
      Array.from(weights.subarray(k * LENGTH, (k + 1) * LENGTH)).reduce(
        (sum, weight, column) => sum + weight * (rows.features[row * LENGTH + column] ?? 0),
        start,
      ),
    );
    if (logits.indexOf(Math.max(...logits)) === rows.labels[row]) right += 1;
  }
  return right / rows.labels.length;
};

describe('training a head', () => {
  it('learns what can be told apart, and its weights work on raw features', async () => {
    const head = await trainHead(training());
    expect(head.weights.length).toBe(CLASSES * LENGTH);
    expect(accuracy(head, clouds(300, 3))).toBeGreaterThan(0.95);
    const best = head.history.find(({ epoch }) => epoch === head.bestEpoch);
    expect(best?.valAccuracy).toBeCloseTo(accuracy(head, clouds(90, 2)), 6);
    expect(Math.min(...head.history.map(({ valLoss }) => valLoss ?? NaN))).toBe(best?.valLoss);
  });

  it('gives the same bits for the same seed and others for another', async () => {
    const [first, again] = [await trainHead(training()), await trainHead(training())];
    expect(again).toEqual(first);
    const other = await trainHead(training({ config: { ...CONFIG, seed: 8 } }));
    expect(other.weights).not.toEqual(first.weights);
  });

  it('leaks no tensor, whether it ends well, badly, or is stopped', async () => {
    const { tf } = loadTensorFlow();
    const before = tf.memory().numTensors;
    await trainHead(training());
    await expect(trainHead(training({ config: { ...CONFIG, learningRate: 1e38 } }))).rejects.toThrow('diverged');
    await expect(trainHead(training({ signal: AbortSignal.abort(new Error('stop')) }))).rejects.toThrow('stop');
    expect(tf.memory().numTensors).toBe(before);
  });

  it('tells of every epoch, and stops between two when it is asked to', async () => {
    const controller = new AbortController();
    const seen: EpochReport[] = [];
    const stopped = trainHead(
      training({
        signal: controller.signal,
        onEpoch: async (report) => {
          seen.push(report);
          if (report.epoch === 3) controller.abort(new Error('enough'));
        },
      }),
    );
    await expect(stopped).rejects.toThrow('enough');
    expect(seen.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(seen[0]).toMatchObject({ epochs: 40, best: true });
    expect(seen[2]?.loss).toBeLessThan(seen[0]?.loss ?? 0);
  });

  it('stops early when validation no longer improves, and keeps the best epoch', async () => {
    const noise = (rows: number, seed: number): LabelledFeatures => {
      const random = createRandom(seed);
      const { labels } = clouds(rows, seed);
      return { features: Float32Array.from({ length: rows * LENGTH }, () => random.normal()), labels };
    };
    const config = { ...CONFIG, epochs: 200, patience: 5, labelSmoothing: 0 };
    const head = await trainHead(training({ ...noise(60, 1), validation: noise(60, 2), config }));
    expect(head.history.length).toBe(head.bestEpoch + 5);
    expect(head.history.length).toBeLessThan(200);
  });

  it('keeps the last epoch when there is nothing to validate on', async () => {
    const none = { features: new Float32Array(), labels: new Int32Array() };
    const head = await trainHead(training({ validation: none }));
    expect(head).toEqual(await trainHead(training({ validation: null })));
    expect(head.bestEpoch).toBe(CONFIG.epochs);
    expect(head.history.at(-1)?.valLoss).toBeNull();
  });

  it('says that it diverged, and holds the last good head', async () => {
    const report = await trainHead(training({ config: { ...CONFIG, learningRate: 1e38 } })).catch((error) => error);
    expect(report).toBeInstanceOf(TrainingDivergedError);
    expect(report.code).toBe('training_diverged');
    expect(report.message).toContain('train.learningRate');
  });

  it.each([
    ['a class beyond the last', { labels: Int32Array.of(9, ...new Int32Array(309)) }],
    ['rows of another length', { featureLength: 7 }],
    ['no row', { features: new Float32Array(), labels: [] }],
    ['one class', { classes: 1 }],
    ['a feature that is not a number', { features: clouds(310, 1).features.fill(NaN, 0, 1) }],
  ])('refuses %s', async (_what, change) => {
    await expect(trainHead(training(change))).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

describe('the gradient in closed form', () => {
  it('is that of finite differences', async () => {
    const { tf } = loadTensorFlow();
    const random = createRandom(5);
    const values = (length: number): number[] => Array.from({ length }, () => random.normal());
    const [x, kernel, bias] = [tf.tensor2d(values(8), [4, 2]), values(6), values(3)];
    const y = tf.tensor2d([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0], [4, 3]);
    const lossAt = (change: number): number => {
      const moved = tf.tensor2d([(kernel[0] ?? 0) + change, ...kernel.slice(1)], [2, 3]);
      const { lossSum } = differentiate(tf, { x, y, kernel: moved, bias: tf.tensor1d(bias), labelSmoothing: 0.2 });
      return (lossSum.dataSync()[0] ?? NaN) / 4;
    };
    const { gradients } = differentiate(tf, {
      x,
      y,
      kernel: tf.tensor2d(kernel, [2, 3]),
      bias: tf.tensor1d(bias),
      labelSmoothing: 0.2,
    });
    expect((lossAt(0.01) - lossAt(-0.01)) / 0.02).toBeCloseTo(gradients[0]?.dataSync()[0] ?? NaN, 3);
    const measured = measure(tf, { x, y, rows: 4 }, tf.zeros([2, 3]), tf.zeros([3]));
    expect(measured.loss.dataSync()[0]).toBeCloseTo(Math.log(3), 5);
    tf.disposeVariables();
  });
});

describe('the schedule and the shuffle', () => {
  it('warms up, peaks, and falls to nothing', () => {
    const rate = (step: number): number => learningRateAt({ step, steps: 1000, peak: 2 });
    expect(rate(0)).toBeCloseTo(0.04);
    expect(rate(49)).toBeCloseTo(2);
    expect(rate(50)).toBeCloseTo(2);
    expect(rate(525)).toBeCloseTo(1);
    expect(rate(999)).toBeLessThan(1e-4);
    expect(learningRateAt({ step: 0, steps: 1, peak: 2 })).toBe(2);
  });

  it('holds every index once, in an order that the seed decides', () => {
    const order = shuffledIndices(1000, createRandom(1));
    expect(new Set(order).size).toBe(1000);
    expect(order).toEqual(shuffledIndices(1000, createRandom(1)));
    expect(order).not.toEqual(shuffledIndices(1000, createRandom(2)));
    const random = createRandom(4);
    const mean = Array.from({ length: 10_000 }, () => random.next()).reduce((sum, value) => sum + value / 10_000, 0);
    expect(mean).toBeCloseTo(0.5, 2);
  });
});
