/** Does one job, in the training process: reads its folder, trains or prunes, and leaves the result there. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pruneJob } from '../prune/prune-job.js';
import { trainJob, type TrainJobOptions } from './train-job.js';
import { JOB_FILES, trainingJobSchema } from './training-protocol.js';

/** @throws AppError as `trainJob` and `pruneJob` do. */
export const runJob = async (options: Omit<TrainJobOptions, 'job'>): Promise<void> => {
  const job = trainingJobSchema.parse(JSON.parse(await readFile(join(options.folder, JOB_FILES.job), 'utf8')));
  await (job.prune === null ? trainJob({ ...options, job }) : pruneJob({ ...options, job, ...job.prune }));
};
