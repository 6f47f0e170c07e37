/**
 * The training process: does the job in the folder it is given, from the step it is given if any. It is a program of its
 * own, started by run-training.ts; when its parent is gone, so is it.
 */
import { existsSync, rmSync } from 'node:fs';
import { toAppError } from '@graft/contracts';
import { runJob } from './train/run-job.js';
import type { TrainingMessage } from './train/training-protocol.js';

const [, , folder = '', step] = process.argv;

/** Resolves when the channel has taken it, so that nothing is lost at exit. */
const say = (message: TrainingMessage): Promise<void> =>
  new Promise((resolve, reject) => {
    if (process.send === undefined) return resolve();
    process.send(message, (error) => (error ? reject(error) : resolve()));
  });

/** More tries than there can be files under way. */
const REMOVAL_TRIES = 100;

/**
 * Removes the folder. A checkpoint that is being written by another thread may appear while its files are deleted, and the
 * folder then isn't empty (node's own `maxRetries` doesn't look into it again).
 */
const removeFolder = (): void => {
  for (let tries = REMOVAL_TRIES; existsSync(folder) && tries > 0; tries -= 1)
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // Once more; what can't be removed at all goes with the next job (removeStaleFolders).
    }
};

/** Nobody is left to read the result or to clean up. */
const leaveAlone = (): never => {
  removeFolder();
  process.exit(1);
};

process.once('disconnect', leaveAlone);
// It may have gone before anybody listened.
if (process.send !== undefined && !process.connected) leaveAlone();

try {
  await runJob({
    folder,
    fromStep: step === undefined ? null : Number(step),
    workerProgram: new URL('./examples-worker.js', import.meta.url),
    tell: say,
  });
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
