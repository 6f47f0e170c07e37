/** How watchers waited before they told what they wait for: executions that began so still replay. */
import { condition, sleep, workflowInfo } from '@temporalio/workflow';
import type { Landings } from './landings.js';
import { control, listing } from './proxies.js';

/** The policy is read once a landing: a change takes effect with the next. */
export const settleUntold = async (dataset: string, landings: Landings): Promise<'settled' | 'history_full'> => {
  const policy = await control.readDatasetPolicy({ dataset });
  for (;;) {
    if (workflowInfo().continueAsNewSuggested) return 'history_full';
    const leftMs = landings.settledMs(policy) - Date.now();
    if (leftMs > 0) {
      await sleep(leftMs);
      continue;
    }
    const waitMs = landings.deadlineMs(policy) - Date.now();
    if (policy.minNewImages <= 1 || waitMs <= 0) return 'settled';
    const { objects } = await listing.countLanded({ dataset });
    if (objects >= policy.minNewImages) return 'settled';
    const seen = landings.signals;
    await condition(() => landings.signals !== seen, waitMs);
  }
};
