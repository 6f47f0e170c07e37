/** Waits until a landing has settled: quiet, with as many images as the dataset's policy asks for, or after the longest wait. */
import type { LandedCount, WatchPolicy } from '@graft/contracts';
import { condition, workflowInfo } from '@temporalio/workflow';
import type { Landings } from './landings.js';
import { control, listing } from './proxies.js';
import { toTimestamp, type WatchTeller } from './watch-teller.js';

export type Settled = 'settled' | 'history_full' | 'paused';

const isUndemanding = ({ minNewImages, minPerLabel = 1 }: WatchPolicy): boolean =>
  minNewImages <= 1 && minPerLabel <= 1;

/** `4 of 10 new images, bees has 3 of 10 and 2 more labels`. */
const tellLacking = ({ objects, lacking = [] }: LandedCount, { minNewImages }: WatchPolicy): string => {
  const [first, ...others] = lacking;
  return [
    ...(objects < minNewImages ? [`${objects} of ${minNewImages} new images have landed`] : []),
    ...(first === undefined ? [] : [`${first.label} has ${first.images} of ${first.needed} images`]),
    ...(others.length === 0
      ? []
      : [`${others.length} more ${others.length === 1 ? 'label lacks' : 'labels lack'} images`]),
  ].join(', ');
};

/**
 * Waits for as long as the policy says, told by `teller`. The policy is read before and after each wait, so that a changed one, or a
 * pause, takes effect at once; an urgent signal ends any wait.
 */
export const settle = async (dataset: string, landings: Landings, teller: WatchTeller): Promise<Settled> => {
  for (;;) {
    if (workflowInfo().continueAsNewSuggested) return 'history_full';
    const policy = await control.readDatasetPolicy({ dataset });
    if (policy.paused) return 'paused';
    if (landings.isUrgent) return 'settled';
    const leftMs = landings.settledMs(policy) - Date.now();
    if (leftMs > 0) {
      const dueAt = toTimestamp(landings.settledMs(policy));
      await teller.tell({ state: 'settling', objects: null, lacking: [], dueAt, message: 'waiting for quiet' });
      // One timer for a quiet period, however many signals come in it: a storm costs no timers. A history that they fill ends the wait.
      const isOver = (): boolean => landings.isUrgent || workflowInfo().continueAsNewSuggested;
      await condition(isOver, Math.max(1, landings.settledMs(policy) - Date.now()));
      continue;
    }
    const deadlineMs = landings.deadlineMs(policy);
    if (isUndemanding(policy) || deadlineMs <= Date.now()) return 'settled';
    const { minNewImages, minPerLabel = 1 } = policy;
    const seen = landings.signals;
    const counted = await listing.countLanded({ dataset, minNewImages, minPerLabel });
    if (counted.enough) return 'settled';
    await teller.tell({
      state: 'waiting',
      objects: counted.objects,
      lacking: counted.lacking ?? [],
      dueAt: toTimestamp(deadlineMs),
      message: tellLacking(counted, policy),
    });
    const hasNews = (): boolean => landings.signals !== seen || landings.isUrgent;
    if (deadlineMs === Infinity) await condition(hasNews);
    else await condition(hasNews, Math.max(1, deadlineMs - Date.now()));
  }
};
