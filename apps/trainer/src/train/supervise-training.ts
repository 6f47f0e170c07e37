/** Sees a training through: a process that dies is started again from its newest checkpoint. */
import { readdir } from 'node:fs/promises';
import { AppError } from '@graft/contracts';
import { runTrainingProcess, type TrainingProcessOptions } from './run-training.js';
import { newestCheckpoint } from './training-protocol.js';

/** Deaths in a row without one step's progress that end it: whatever kills it would kill it again. */
const DEATHS_ALLOWED = 2;

export type SuperviseOptions = Omit<TrainingProcessOptions, 'fromStep'> & {
  /** Told that the process died and is started again. */
  readonly onRestart: (message: string) => void;
};

/**
 * Resolves when the training is done: the job's folder then holds its result. Starts from the newest checkpoint in the
 * folder, if there is one.
 * @throws AppError as `runTrainingProcess` does, and `internal` when the process died twice without getting further.
 */
export const superviseTraining = async ({ onRestart, ...options }: SuperviseOptions): Promise<void> => {
  const newest = async (): Promise<number | null> => newestCheckpoint(await readdir(options.folder));
  let fromStep = await newest();
  for (let deaths = 0; ;) {
    const end = await runTrainingProcess({ ...options, fromStep });
    if (end.kind === 'done') return;
    const reached = await newest();
    deaths = (reached ?? 0) > (fromStep ?? 0) ? 0 : deaths + 1;
    fromStep = reached;
    if (deaths >= DEATHS_ALLOWED)
      throw new AppError(
        'internal',
        `the training process ${end.how}; it died ${deaths} times without getting further`,
        {
          details: { step: fromStep ?? 0 },
        },
      );
    onRestart(
      `the training process ${end.how}; it goes on from ${fromStep === null ? 'the start' : `step ${fromStep}`}`,
    );
  }
};
