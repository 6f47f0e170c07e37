/** A run that did not end as it should says why. */
import { CancellationScope, log } from '@temporalio/workflow';
import { failureCause } from './failures.js';
import { control } from './proxies.js';

/** Even where the workflow itself was cancelled; a registry that can't be told is only logged. */
export const closeRun = async (runId: string, error: unknown): Promise<void> => {
  const cause = failureCause(error);
  const state = cause.code === 'cancelled' ? 'cancelled' : 'failed';
  try {
    await CancellationScope.nonCancellable(() => control.closeRun({ runId, state, error: cause }));
  } catch (failure) {
    log.error('run not closed', { runId, state, ...failureCause(failure) });
  }
};
