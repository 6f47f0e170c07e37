/**
 * The training process: reads a job from the folder it is given, trains, leaves the head there. It is a program of its
 * own, started by run-training.ts; when its parent is gone, so is it.
 */
import { rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError, toAppError } from '@graft/contracts';
import { loadTensorFlow, readSafetensors, trainHead, writeSafetensors } from '@graft/models';
import {
  FEATURE_TENSORS,
  JOB_FILES,
  trainingJobSchema,
  type Epoch,
  type TrainingMessage,
  type TrainingOutcome,
} from './train/training-protocol.js';

const folder = process.argv[2] ?? '';

/** Resolves when the channel has taken it, so that nothing is lost at exit. */
const say = (message: TrainingMessage): Promise<void> =>
  new Promise((resolve, reject) => {
    if (process.send === undefined) return resolve();
    process.send(message, (error) => (error ? reject(error) : resolve()));
  });

const train = async (): Promise<void> => {
  const job = trainingJobSchema.parse(JSON.parse(await readFile(join(folder, JOB_FILES.job), 'utf8')));
  const { tensors } = readSafetensors(await readFile(join(folder, JOB_FILES.features)));
  const floats = (name: string): Float32Array => {
    const data = tensors.get(name)?.data;
    if (data instanceof Float32Array) return data;
    throw new AppError('internal', `${JOB_FILES.features}: expected float32 "${name}"`);
  };
  const indices = (name: string): Int32Array => {
    const data = tensors.get(name)?.data;
    if (data instanceof Int32Array) return data;
    throw new AppError('internal', `${JOB_FILES.features}: expected int32 "${name}"`);
  };

  const { version, packageName } = loadTensorFlow();
  const epochs: Epoch[] = [];
  const { weights, bias, bestEpoch } = await trainHead({
    features: floats(FEATURE_TENSORS.trainFeatures),
    labels: indices(FEATURE_TENSORS.trainLabels),
    featureLength: job.featureLength,
    classes: job.classes,
    validation: { features: floats(FEATURE_TENSORS.valFeatures), labels: indices(FEATURE_TENSORS.valLabels) },
    config: job.config,
    onEpoch: async ({ epoch, loss, valLoss, valAccuracy }) => {
      const told: Epoch = { epoch, loss, valLoss, accuracy: valAccuracy };
      epochs.push(told);
      await say({ type: 'epoch', ...told });
      // A turn of the event loop, so that the end of the parent is noticed between epochs.
      await nextTurn();
    },
  });
  await writeFile(
    join(folder, JOB_FILES.head),
    writeSafetensors(
      new Map([
        ['weights', { shape: [job.classes, job.featureLength], dtype: 'F32', data: weights }],
        ['bias', { shape: [job.classes], dtype: 'F32', data: bias }],
      ]),
    ),
  );
  const outcome: TrainingOutcome = { bestEpoch, epochs, tensorflow: `${packageName} ${version}` };
  await writeFile(join(folder, JOB_FILES.outcome), JSON.stringify(outcome));
};

/** Nobody is left to read the result or to clean up. */
const leaveAlone = (): never => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(1);
};

process.once('disconnect', leaveAlone);

try {
  await train();
  await say({ type: 'done' });
  process.exit(0);
} catch (thrown) {
  // What can't be told any more fails for that alone.
  if (!process.connected) leaveAlone();
  const { code, message, details, stack } = toAppError(thrown);
  process.stderr.write(`${stack ?? message}\n`);
  await say({ type: 'failed', code, message, details }).catch(leaveAlone);
  process.exit(1);
}
