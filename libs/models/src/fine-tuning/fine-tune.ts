/**
 * Training, of a classifier alone up to a whole network: mini-batches in an order that the seed decides, AdamW or SGD
 * with warm-up and cosine, early stopping on validation loss (never on test), the best epoch kept.
 * It is a function of its arguments: interrupted after any step and gone on from a checkpoint, it ends in the same bits.
 * A step blocks the event loop, which gets its turn between two: run it in a process of its own.
 */
import { setImmediate } from 'node:timers/promises';
import type { Weights } from '../graph/weights.js';
import { initialState, teacherState, weightsOfState } from '../training-graph/initial-state.js';
import { openTrainingSession, type TrainingSession } from '../training-graph/training-session.js';
import type { TrainingGraph } from '../training-graph/compile-training.js';
import { checkFineTuning, classesOf } from './check-fine-tuning.js';
import { compileFineTuning } from './compile-fine-tuning.js';
import { createEpochOrder, type EpochOrder } from './epoch-order.js';
import { evaluateExamples, measureExamples } from './evaluate-examples.js';
import { divergedAtOnce, endedNowhere, type EpochReport, type FineTuned, type FineTuning } from './fine-tuning.js';
import { startReading, type Reading } from './read-ahead.js';
import { prepareTraining } from './standardized-training.js';
import { createStepper, type Stepper } from './stepper.js';
import { stepScalars } from './step-scalars.js';
import { createTargets } from './targets.js';
import { identifyTraining, readProgress, writeProgress, type TrainingProgress } from './training-progress.js';

const DEFAULT_CHECKPOINT_SECONDS = 30;

/** For tests of what is hard to bring about: a session whose memory runs out. */
export interface FineTuneDependencies {
  readonly openSession: (graph: TrainingGraph) => Promise<TrainingSession>;
}

/** A training on its way. */
interface Run {
  readonly training: FineTuning;
  readonly identity: string;
  readonly order: EpochOrder;
  readonly steps: number;
  readonly stepper: Stepper;
}

const openRun = async (
  training: FineTuning,
  openSession: FineTuneDependencies['openSession'],
): Promise<{ run: Run; progress: TrainingProgress }> => {
  const { graph, weights, settings, train, resume, onWarning } = training;
  const { batchSize, seed } = settings;
  const identity = identifyTraining(training);
  const resumed = resume === undefined ? null : readProgress(identity, resume);
  const order = createEpochOrder({ rows: train.labels.length, batchSize, seed });
  const microBatch = resumed?.progress.microBatch ?? batchSize;
  const stepper = await createStepper({
    compile: (accumulates) => compileFineTuning(training, { stepsPerEpoch: order.stepsPerEpoch, accumulates }),
    open: async (compiled) => {
      const session = await openSession(compiled);
      if (training.teacher !== undefined) session.assignTeacher(teacherState(training.teacher));
      return session;
    },
    state: (compiled) => resumed?.state ?? initialState(compiled, { graph, weights }),
    batchSize,
    microBatch,
    onWarning: (message) => onWarning?.(message),
  });
  const fresh = { step: 0, lossSum: 0, epochs: [], bestEpoch: 0, best: new Map(), microBatch };
  return {
    run: { training, identity, order, steps: settings.epochs * order.stepsPerEpoch, stepper },
    progress: resumed?.progress ?? fresh,
  };
};

/** Ends an epoch: validates, and keeps the weights when they are the best so far. Null when the loss is no number. */
const endEpoch = async (
  { training, stepper }: Run,
  progress: TrainingProgress,
): Promise<Pick<TrainingProgress, 'lossSum' | 'epochs' | 'bestEpoch' | 'best'> | null> => {
  const { graph, settings, validation, train, signal } = training;
  const average = settings.averageDecay !== null;
  const batchSize = stepper.microBatch();
  const measured = await measureExamples({ stepper, examples: validation, batchSize, average, signal });
  const { valLoss = null, accuracy = null } = measured ?? {};
  if (valLoss !== null && !Number.isFinite(valLoss)) return null;
  const epoch = progress.epochs.length + 1;
  const report: EpochReport = { epoch, loss: progress.lossSum / train.labels.length, valLoss, accuracy };
  const leastLoss = progress.epochs[progress.bestEpoch - 1]?.valLoss ?? Infinity;
  const isBest = settings.keeps === 'last' || valLoss === null || valLoss < leastLoss;
  return {
    lossSum: 0,
    epochs: [...progress.epochs, report],
    bestEpoch: isBest ? epoch : progress.bestEpoch,
    best: isBest ? weightsOfState(graph, stepper.read(), { average }) : progress.best,
  };
};

/** Trains to the end; `progress` holds the best epoch. @throws AppError `training_diverged` before there is one. */
const trainToTheEnd = async (
  run: Run,
  start: TrainingProgress,
): Promise<{ progress: TrainingProgress; stoppedBy: FineTuned['stoppedBy'] }> => {
  const { training, identity, order, steps, stepper } = run;
  const { settings, train, signal, checkpointSeconds = DEFAULT_CHECKPOINT_SECONDS } = training;
  const targetsOf = createTargets({ labels: train.labels, classes: classesOf(training), settings });
  const readStep = (step: number): Reading<Float32Array> => {
    const { rows, epoch } = order.at(step);
    return startReading(() => train.read(rows, epoch));
  };
  let progress = start;
  let [images, seconds] = [0, 0];
  let lastCheckpoint = performance.now();
  let next = start.step < steps ? readStep(start.step) : null;
  const diverged = async (step: number): Promise<{ progress: TrainingProgress; stoppedBy: 'divergence' }> => {
    if (progress.bestEpoch === 0) throw divergedAtOnce(step);
    await training.onWarning?.(
      `training diverged at step ${step}: the loss is no longer a number; the weights of epoch ${progress.bestEpoch} are kept. ` +
        'Lower train.learningRate, or set train.clipNorm',
    );
    return { progress, stoppedBy: 'divergence' };
  };
  try {
    while (next !== null) {
      signal?.throwIfAborted();
      const { step } = progress;
      const { rows, epoch, endsEpoch } = order.at(step);
      const { labels, weights } = targetsOf(rows);
      const began = performance.now();
      const values = await next.result();
      // Decoding goes on in threads of its own while the step below blocks this one.
      next = step + 1 < steps ? readStep(step + 1) : null;
      const { loss, gradientNorm } = await stepper.step({
        input: { values, shape: [rows.length, ...train.shape] },
        labels: { values: labels, shape: [rows.length, labels.length / rows.length] },
        weights,
        scalars: stepScalars(settings, { step, steps }),
      });
      if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) return await diverged(step + 1);
      images += rows.length;
      seconds += (performance.now() - began) / 1000;
      const lossSum = progress.lossSum + loss * rows.length;
      progress = { ...progress, step: step + 1, lossSum, microBatch: stepper.microBatch() };
      await training.onStep?.({ step: step + 1, steps, epoch, loss, imagesPerSecond: images / seconds });
      if (endsEpoch) {
        const ended = await endEpoch(run, progress);
        if (ended === null) return await diverged(step + 1);
        progress = { ...progress, ...ended };
        const report = progress.epochs.at(-1);
        if (report !== undefined) await training.onEpoch?.(report);
        if (epoch - progress.bestEpoch >= settings.patience) return { progress, stoppedBy: 'patience' };
      }
      if (next !== null && (performance.now() - lastCheckpoint) / 1000 >= checkpointSeconds) {
        const bytes = writeProgress(identity, progress, stepper.read());
        await training.onCheckpoint?.({ step: progress.step, bytes });
        lastCheckpoint = performance.now();
      }
      // Messages and signals that wait get their turn here.
      await setImmediate();
    }
    return { progress, stoppedBy: 'epochs' };
  } finally {
    await next?.settled();
  }
};

/** So many times the loss of a guess (the same share for every class) is no learning any more, however unsure the labels are. */
const FAR_WORSE = 2;

/**
 * A rate that is too high needn't end in a loss that is no number: answers can be sure and wrong all along.
 * @throws AppError `training_diverged` where the epoch that is kept is far worse than a guess.
 */
const checkLearned = async (
  training: FineTuning,
  { epochs, bestEpoch }: Pick<TrainingProgress, 'epochs' | 'bestEpoch'>,
): Promise<void> => {
  const guess = Math.log(classesOf(training));
  const kept = epochs[bestEpoch - 1]?.valLoss ?? null;
  const last = epochs.at(-1)?.valLoss ?? null;
  if (kept !== null && kept > FAR_WORSE * guess) throw endedNowhere(kept, guess);
  if (last === null || last <= FAR_WORSE * guess) return;
  await training.onWarning?.(
    `training diverged after epoch ${bestEpoch}: the val loss rose to ${last.toPrecision(3)}, where a guess has ${guess.toPrecision(3)}; ` +
      `the weights of epoch ${bestEpoch} are kept. Lower train.learningRate, or set train.clipNorm`,
  );
};

/** What a checkpoint gave back has another order, and the same training ends in the same bytes however they are written. */
const inOrderOf = (order: Weights, weights: Weights): Weights =>
  new Map(
    [...order.keys()].flatMap((name) => {
      const values = weights.get(name);
      return values === undefined ? [] : [[name, values]];
    }),
  );

/** Logits of the comparison examples from the weights that are kept, on examples as they were given. */
const answerComparison = async (
  { graph, comparison }: FineTuning,
  weights: Weights,
  stepper: Stepper,
): Promise<Float32Array[]> => {
  stepper.assign((compiled) => initialState(compiled, { graph, weights }));
  const answers: Float32Array[] = [];
  for await (const { logits } of evaluateExamples({ stepper, examples: comparison, batchSize: 1, average: false }))
    answers.push(logits);
  return answers;
};

/**
 * Trains what the stages name and leaves everything else as it is, to the bit.
 *
 * A linear classifier on vectors learns on standardized ones, which is folded into its weights at the end.
 * @throws AppError `invalid_request` when the parts don't fit together, `checkpoint_unfit` for a checkpoint that isn't whole
 * or is another training's, `training_diverged` when the loss is no number before an epoch is done or the best epoch is far worse than a guess, `too_large` when
 * memory doesn't hold one image, `missing_prerequisite` without TensorFlow; the signal's reason when it aborts.
 */
export const fineTune = async (
  training: FineTuning,
  dependencies: FineTuneDependencies = { openSession: openTrainingSession },
): Promise<FineTuned> => {
  checkFineTuning(training);
  training.signal?.throwIfAborted();
  const prepared = await prepareTraining(training);
  const { run, progress: start } = await openRun(prepared.training, dependencies.openSession);
  try {
    const { progress, stoppedBy } = await trainToTheEnd(run, start);
    if (stoppedBy !== 'divergence') await checkLearned(training, progress);
    const weights = inOrderOf(training.weights, prepared.finish(progress.best));
    return {
      weights,
      bestEpoch: progress.bestEpoch,
      epochs: progress.epochs,
      stoppedBy,
      microBatch: progress.microBatch,
      comparisonLogits: await answerComparison(training, weights, run.stepper),
    };
  } finally {
    run.stepper.dispose();
  }
};
