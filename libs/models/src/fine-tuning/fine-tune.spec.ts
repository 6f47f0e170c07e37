/** The training loop on small networks: what it learns, what it leaves alone, how it ends, and how it goes on. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { initializeWeights } from '../graph/initialize-weights.js';
import { createRandom } from '../random.js';
import { loadTensorFlow } from '../tensorflow/load-tensorflow.js';
import { openTrainingSession, translateSessionError } from '../training-graph/training-session.js';
import type { Examples } from './examples.js';
import {
  CLASSES,
  HEAD,
  LENGTH,
  accuracy,
  answers,
  clouds,
  head,
  images,
  inMemory,
  network,
  tiny,
} from '../testing/small-trainings.js';
import { fineTune } from './fine-tune.js';
import type { EpochReport, FineTuning, StepReport } from './fine-tuning.js';

describe('a head on vectors', () => {
  it('learns what can be told apart, and its weights work on raw features', async () => {
    const trained = await fineTune(head());
    const best = trained.epochs[trained.bestEpoch - 1];
    expect(await accuracy(trained.weights, clouds(300, 3))).toBeGreaterThan(0.95);
    expect(best?.accuracy).toBeCloseTo(await accuracy(trained.weights, clouds(90, 2)), 6);
    expect(Math.min(...trained.epochs.map(({ valLoss }) => valLoss ?? NaN))).toBe(best?.valLoss);
    const [first] = trained.comparisonLogits;
    const expected = answers(trained.weights, await clouds(4, 3).read([0], null));
    expect(trained.comparisonLogits.length).toBe(4);
    expected.forEach((logit, k) => expect(first?.[k]).toBeCloseTo(logit, 3));
  });

  it('gives the same bits for the same seed and others for another', async () => {
    const first = await fineTune(head());
    expect(await fineTune(head())).toEqual(first);
    expect((await fineTune(head({}, { seed: 8 }))).weights).not.toEqual(first.weights);
  });

  it('stops early when validation no longer improves, and keeps the best epoch', async () => {
    const noise = (rows: number, seed: number): Examples => {
      const random = createRandom(seed);
      const values = Float32Array.from({ length: rows * LENGTH }, () => random.normal());
      return inMemory(values, [LENGTH], clouds(rows, seed).labels);
    };
    const settings = { epochs: 200, patience: 5, labelSmoothing: 0 };
    const trained = await fineTune(head({ train: noise(60, 1), validation: noise(60, 2) }, settings));
    expect(trained.stoppedBy).toBe('patience');
    expect(trained.epochs.length).toBe(trained.bestEpoch + 5);
  });

  it('keeps the last epoch where that is asked, whatever validation says', async () => {
    const change = { train: clouds(30, 1), validation: clouds(30, 2) };
    const ofLast = await fineTune(head(change, { epochs: 12, patience: 1, keeps: 'last', learningRate: 0.2 }));
    expect(ofLast).toMatchObject({ bestEpoch: 12, stoppedBy: 'epochs' });
    expect(ofLast.epochs).toHaveLength(12);
  });

  it('keeps the last epoch when there is nothing to validate on', async () => {
    const trained = await fineTune(head({ validation: clouds(0, 2) }, { epochs: 4, patience: 1 }));
    expect(trained.bestEpoch).toBe(4);
    expect(trained.stoppedBy).toBe('epochs');
    expect(trained.epochs.map(({ valLoss }) => valLoss)).toEqual([null, null, null, null]);
  });

  it('refuses to begin where the parts do not fit', async () => {
    const cases: [Partial<FineTuning>, string][] = [
      [{ train: clouds(0, 1) }, 'no images'],
      [{ train: { ...clouds(5, 1), labels: Int32Array.of(0, 1, 9, 0, 0) } }, 'class 9 of 3'],
      [{ train: { ...clouds(5, 1), shape: [7] } }, 'expected examples of [12]'],
      [{ weights: new Map() }, 'classifier.weight'],
      [{ stages: [['nowhere']] }, 'nowhere'],
      [{ train: inMemory(new Float32Array(5 * LENGTH).fill(NaN), [LENGTH], new Int32Array(5)) }, 'not a finite number'],
    ];
    for (const [change, message] of cases) {
      const error = await fineTune(head(change)).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'invalid_request' });
      expect(String(error)).toContain(message);
    }
  });

  it('weighs labels alike when asked to, however many images they have', async () => {
    // Features say nothing: what is learned is how often each label is seen.
    const labels = Int32Array.from({ length: 100 }, (_, row) => (row < 80 ? 0 : row < 90 ? 1 : 2));
    const blind = inMemory(new Float32Array(100 * LENGTH), [LENGTH], labels);
    const settings = { epochs: 60, learningRate: 0.05, weightDecay: 0, labelSmoothing: 0, batchSize: 100 };
    const shares = async (classWeights: 'none' | 'balanced'): Promise<number[]> => {
      const { weights } = await fineTune(
        head(
          { train: blind, validation: clouds(0, 1), weights: initializeWeights(HEAD, 1) },
          { ...settings, classWeights },
        ),
      );
      const exps = answers(weights, new Float32Array(LENGTH)).map(Math.exp);
      return exps.map((each) => each / exps.reduce((sum, other) => sum + other));
    };
    (await shares('balanced')).forEach((share) => expect(share).toBeCloseTo(1 / 3, 2));
    const [most = 0] = await shares('none');
    expect(most).toBeGreaterThan(0.7);
  });
});

describe('a whole network', () => {
  it.each(['frozen', 'batch'] as const)('learns, with %s statistics, and reports as it goes', async (batchNorm) => {
    const [steps, epochs]: [StepReport[], EpochReport[]] = [[], []];
    const trained = await fineTune(
      tiny(
        { onStep: (report) => void steps.push(report), onEpoch: (report) => void epochs.push(report) },
        { epochs: 10, batchNorm },
      ),
    );
    expect(trained.epochs).toEqual(epochs);
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 30 }, (_, at) => at + 1));
    expect(steps.every((report) => report.steps === 30 && report.imagesPerSecond > 0)).toBe(true);
    expect(epochs.at(-1)?.loss).toBeLessThan((epochs[0]?.loss ?? 0) / 1.5);
    // An epoch's loss is the mean over its images: batches of 8, 8 and 4.
    const [a, b, c] = steps.map(({ loss }) => loss);
    expect(epochs[0]?.loss).toBeCloseTo(((a ?? 0) * 8 + (b ?? 0) * 8 + (c ?? 0) * 4) / 20, 6);
    expect(trained.weights.size).toBe(tiny().weights.size);
    expect(trained.comparisonLogits.map(({ length }) => length)).toEqual([CLASSES, CLASSES]);
  });

  it('leaves what is in no stage as it was, to the bit, statistics too', async () => {
    const training = network('efficientnet_lite0', {}, { batchNorm: 'batch', averageDecay: 0.9, weightDecay: 0.1 });
    const stages = training.stages.slice(-2);
    const learned = new Set(stages.flat());
    const { weights } = await fineTune({ ...training, stages });
    const layerOf = (name: string): string => name.slice(0, name.lastIndexOf('.'));
    for (const [name, values] of weights) {
      const before = training.weights.get(name);
      if (learned.has(layerOf(name))) expect(values).not.toEqual(before);
      else expect(values).toEqual(before);
    }
  });

  it('moves no statistics where they are frozen, while scales and shifts learn', async () => {
    const training = tiny({}, { epochs: 8 });
    const { weights } = await fineTune(training);
    for (const [name, values] of weights) {
      if (/\.(mean|variance)$/.test(name)) expect(values).toEqual(training.weights.get(name));
      else expect(values).not.toEqual(training.weights.get(name));
    }
  });

  it('lets a stage learn the slower the further it is from the classifier', async () => {
    const still = {
      optimizer: 'sgd',
      weightDecay: 0,
      warmUp: 0,
      epochs: 1,
      batchSize: 20,
      learningRate: 0.01,
    } as const;
    const training = tiny({ validation: images(0, 16, 2) }, { ...still, momentum: 0, clipNorm: null });
    const moved = async (layerDecay: number): Promise<(name: string) => number> => {
      const { weights } = await fineTune({ ...training, settings: { ...training.settings, layerDecay } });
      return (name) => {
        const before = training.weights.get(name) ?? new Float32Array();
        return Math.hypot(...(weights.get(name) ?? []).map((value, at) => value - (before[at] ?? 0)).slice(0, 500));
      };
    };
    const [even, decayed] = [await moved(1), await moved(0.5)];
    const layer = training.stages[0]?.[0] ?? '';
    const distance = training.stages.length - 1;
    expect(decayed(`${layer}.weight`) / even(`${layer}.weight`)).toBeCloseTo(0.5 ** distance, 3);
    expect(decayed('classifier.bias')).toBeCloseTo(even('classifier.bias'), 6);
  });

  it('reads the next batch while a step runs, in the order of the epoch, every row once', async () => {
    const read: [readonly number[], number | null][] = [];
    const train = images(20, 16, 1);
    const watched: Examples = {
      ...train,
      read: (rows, epoch) => {
        read.push([rows, epoch]);
        return train.read(rows, epoch);
      },
    };
    let readAtFirstStep = 0;
    const onStep = ({ step }: StepReport): void => {
      if (step === 1) readAtFirstStep = read.length;
    };
    await fineTune(tiny({ train: watched, onStep }));
    expect(readAtFirstStep).toBe(2);
    expect(read.map(([, epoch]) => epoch)).toEqual([1, 1, 1, 2, 2, 2]);
    const ofEpoch = (epoch: number): number[] => read.flatMap(([rows, of]) => (of === epoch ? rows : []));
    for (const epoch of [1, 2])
      expect(ofEpoch(epoch).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, at) => at));
    expect(ofEpoch(1)).not.toEqual(ofEpoch(2));
  });
});

describe('a training that goes wrong', () => {
  const wild = { learningRate: 1e30, clipNorm: null, warmUp: 0 };

  it('says so when the loss is no number before an epoch is done', async () => {
    const error = await fineTune(tiny({}, wild)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'training_diverged' });
    expect(String(error)).toContain('train.learningRate');
  });

  it('says so when every epoch answers far worse than a guess, though the loss stays a number', async () => {
    const error = await fineTune(tiny({}, { learningRate: 10, clipNorm: 1, epochs: 3 })).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'training_diverged', details: { guess: Math.log(3) } });
    expect(String(error)).toContain('in its best epoch the val loss is');
  });

  it('keeps the best epoch when it diverges later, and warns', async () => {
    const train = images(20, 16, 1);
    // From the third epoch on the images hold what no network can bear.
    const spoiled: Examples = {
      ...train,
      read: async (rows, epoch) => (await train.read(rows, epoch)).map((value) => (epoch === 3 ? value * NaN : value)),
    };
    const warnings: string[] = [];
    const trained = await fineTune(
      tiny({ train: spoiled, onWarning: (message) => void warnings.push(message) }, { epochs: 5 }),
    );
    expect(trained.stoppedBy).toBe('divergence');
    expect(trained.epochs.length).toBe(2);
    expect([...trained.weights.values()].every((values) => values.every(Number.isFinite))).toBe(true);
    expect(warnings.join()).toContain('diverged at step 7');
  });

  it('ends between two steps when it is asked to, with the reason given', async () => {
    const controller = new AbortController();
    const onStep = ({ step }: StepReport): void => {
      if (step === 2) controller.abort(new Error('enough'));
    };
    await expect(fineTune(tiny({ signal: controller.signal, onStep }))).rejects.toThrow('enough');
  });
});

describe('memory that runs out', () => {
  /** A session that refuses more images at a time than there is room for. */
  const roomFor = (room: number) => ({
    openSession: async (graph: Parameters<typeof openTrainingSession>[0]) => {
      const session = await openTrainingSession(graph);
      const refuse = (images: number): void => {
        if (images > room)
          throw translateSessionError(new Error('Session fail to run with error: OOM when allocating tensor'), 'train');
      };
      return {
        ...session,
        step: (batch: Parameters<typeof session.step>[0]) => {
          refuse(batch.weights.length);
          return session.step(batch);
        },
        stepInParts: (batch: Parameters<typeof session.step>[0], size: number) => {
          refuse(Math.min(size, batch.weights.length));
          return session.stepInParts(batch, size);
        },
      };
    },
  });

  it('computes the same with fewer images at a time, and says so', async () => {
    const warnings: string[] = [];
    const change = { onWarning: (message: string) => void warnings.push(message) };
    const whole = await fineTune(tiny(change, { averageDecay: 0.9, classWeights: 'balanced' }));
    expect(warnings).toEqual([]);
    const parts = await fineTune(tiny(change, { averageDecay: 0.9, classWeights: 'balanced' }), roomFor(2));
    expect(parts.microBatch).toBe(2);
    expect(warnings.length).toBe(2);
    parts.epochs.forEach(({ loss }, at) => expect(loss).toBeCloseTo(whole.epochs[at]?.loss ?? NaN, 4));
    const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, each) => sum + each ** 2, 0));
    for (const [name, values] of parts.weights) {
      const gap = values.map((value, at) => value - (whole.weights.get(name)?.[at] ?? NaN));
      expect(norm(gap)).toBeLessThanOrEqual(2e-3 * norm(values) + 1e-5);
    }
  });

  it('gives up when one image is too many, with the way out', async () => {
    const error = await fineTune(tiny(), roomFor(0)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'too_large' });
    expect(String(error)).toContain('train.inputSize');
  });

  it.each([
    'OOM when allocating tensor with shape[32,64,64,64]',
    'RESOURCE_EXHAUSTED: failed to allocate memory',
    'Resource exhausted: Out of memory while trying to allocate',
  ])('is told from other errors: %s', (message) => {
    expect(translateSessionError(new Error(message), 'train').code).toBe('too_large');
    expect(translateSessionError(new Error('Invalid argument'), 'train').code).toBe('internal');
  });
});

describe('what a training leaves behind', () => {
  const { tf } = loadTensorFlow();
  afterEach(() => expect(tf.memory().numTensors).toBe(0));

  it('is no tensor and no memory, over 500 steps', async () => {
    const seen: { tensors: number; rss: number }[] = [];
    const onStep = ({ step }: StepReport): void => {
      if (step % 50 === 0) seen.push({ tensors: tf.memory().numTensors, rss: process.memoryUsage().rss });
    };
    const [train, validation] = [images(800, 16, 1), images(80, 16, 2)];
    await fineTune(tiny({ train, validation, onStep }, { epochs: 5, batchNorm: 'batch', averageDecay: 0.9 }));
    expect(seen.length).toBe(10);
    expect(new Set(seen.map(({ tensors }) => tensors)).size).toBe(1);
    // A step reads 24 KiB: were they kept, 400 steps would show.
    expect((seen.at(-1)?.rss ?? 0) - (seen[1]?.rss ?? 0)).toBeLessThan(64 * 1024 ** 2);
  });

  it('is no tensor, when it fails or is stopped', async () => {
    await fineTune(head({}, { learningRate: 1e38 })).catch(() => undefined);
    await fineTune(head({ signal: AbortSignal.abort(new Error('stop')) })).catch(() => undefined);
  });
});
