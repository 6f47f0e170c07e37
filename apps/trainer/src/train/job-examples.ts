/** The examples of a training job, opened: activations from their files, images by a thread that decodes them. */
import { join } from 'node:path';
import { AppError } from '@graft/contracts';
import { activationExamples, type Examples } from '@graft/models';
import { JOB_FILES, type TrainingJob } from './training-protocol.js';
import { createWorkerExamples, type ExampleSets } from './worker-examples.js';

const SETS = ['train', 'validation', 'comparison'] as const;
type Set = (typeof SETS)[number];

export type OpenedExamples = Readonly<Record<Set, Examples>>;

/**
 * @param options.workerProgram the built examples-worker.js; it is started where the job has images.
 * @throws AppError `corrupt` when a file of activations isn't as long as it must be.
 */
export const openExamples = (options: {
  readonly job: TrainingJob;
  readonly folder: string;
  readonly workerProgram: URL;
}): OpenedExamples => {
  const { job, folder, workerProgram } = options;
  const opened = new Map<Set, Examples>();
  const images: Record<string, ExampleSets[string]> = {};
  for (const set of SETS) {
    const examples = job[set];
    const labels = Int32Array.from(examples.labels);
    if (examples.kind === 'activations') {
      const { file, shape, storage } = examples;
      opened.set(set, activationExamples({ path: join(folder, file), shape, storage, labels }));
    } else
      images[set] = {
        files: examples.images.map((sha256) => ({ sha256, path: join(folder, JOB_FILES.images, sha256) })),
        labels,
        preprocessing: job.preprocessing,
        augment: job.plan.settings.augment,
        seed: job.plan.settings.seed,
        // Every set may have its share: what one leaves is not worth the bookkeeping.
        keepBytes: Math.floor(job.keepBytes / SETS.length),
      };
  }
  const decoded = Object.keys(images).length > 0 ? createWorkerExamples(workerProgram, images).examples : null;
  const of = (set: Set): Examples => {
    const examples = opened.get(set) ?? decoded?.get(set);
    if (examples === undefined) throw new AppError('internal', `the job has no ${set} examples`);
    return examples;
  };
  return { train: of('train'), validation: of('validation'), comparison: of('comparison') };
};
