/** Checkpoints of runs that ended without clearing them: their trainer was killed for good, or failed once too often. */
import type { ObjectStore } from '@graft/artifacts';
import { isUnderWay, toAppError } from '@graft/contracts';
import type { TrainerRuns } from '../dependencies.js';
import { CHECKPOINTS, runOfCheckpoint } from './run-checkpoints.js';

/**
 * Removes the checkpoints of every run that the registry says is not running. Those of a run that it doesn't know stay.
 * @returns how many were removed.
 */
export const removeAbandonedCheckpoints = async (options: {
  readonly objects: Pick<ObjectStore, 'list' | 'remove'>;
  readonly registry: Pick<TrainerRuns, 'getRun'>;
}): Promise<number> => {
  const { objects, registry } = options;
  const keys = new Map<string, string[]>();
  for await (const { key } of objects.list(CHECKPOINTS)) {
    const run = runOfCheckpoint(key);
    if (run !== null) keys.set(run, [...(keys.get(run) ?? []), key]);
  }
  let removed = 0;
  for (const [runId, own] of keys) {
    const state = await registry.getRun(runId).then(
      (run) => run.state,
      (thrown: unknown) => {
        if (toAppError(thrown).code === 'not_found') return 'unknown' as const;
        throw thrown;
      },
    );
    if (state === 'unknown' || isUnderWay({ state })) continue;
    for (const key of own) await objects.remove(key);
    removed += own.length;
  }
  return removed;
};
