import { AppError, isUnderWay, type Run, type RunPatch } from '@graft/contracts';

/** @throws AppError `conflict` when a run that succeeded would become something else: its version is registered. */
export const checkRunPatch = (run: Run, patch: RunPatch): void => {
  if (patch.state === undefined || patch.state === run.state || run.state !== 'succeeded') return;
  throw new AppError(
    'conflict',
    `run ${run.id} succeeded${run.version === null ? '' : ` with version ${run.version}`}: it can't become ${patch.state}`,
    { details: { runId: run.id, state: run.state } },
  );
};

/**
 * What calling a run off makes of it: one whose workflow hasn't begun is cancelled at once, one that runs when its workflow has
 * let go. Null: it is called off already.
 * @throws AppError `conflict` when it has ended.
 */
export const cancelRunPatch = (run: Run, { by, reason }: { by: string; reason: string }): RunPatch | null => {
  if (run.state === 'cancelling' || run.state === 'cancelled') return null;
  if (!isUnderWay(run)) {
    throw new AppError('conflict', `run ${run.id} is ${run.state}: there is nothing left to call off`, {
      details: { runId: run.id, state: run.state },
    });
  }
  const error = { code: 'cancelled', message: `called off by ${by}: ${reason}` };
  return { state: run.state === 'requested' ? 'cancelled' : 'cancelling', error };
};

/** A run that goes on again has no error any more. */
export const withCleared = (run: Run, patch: RunPatch): RunPatch =>
  patch.state !== undefined && patch.state !== 'failed' && patch.error === undefined && run.error !== null
    ? { ...patch, error: null }
    : patch;
