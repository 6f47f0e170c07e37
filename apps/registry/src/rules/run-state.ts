import { AppError, type Run, type RunPatch } from '@graft/contracts';

/** @throws AppError `conflict` when a run that succeeded would become something else: its version is registered. */
export const checkRunPatch = (run: Run, patch: RunPatch): void => {
  if (patch.state === undefined || patch.state === run.state || run.state !== 'succeeded') return;
  throw new AppError(
    'conflict',
    `run ${run.id} succeeded${run.version === null ? '' : ` with version ${run.version}`}: it can't become ${patch.state}`,
    { details: { runId: run.id, state: run.state } },
  );
};

/** A run that goes on again has no error any more. */
export const withCleared = (run: Run, patch: RunPatch): RunPatch =>
  patch.state !== undefined && patch.state !== 'failed' && patch.error === undefined && run.error !== null
    ? { ...patch, error: null }
    : patch;
