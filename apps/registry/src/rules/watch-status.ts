import type { Dataset, WatchStatus } from '@graft/contracts';

/** What a watcher last told, as it is now: it may not have heard yet that a person stopped it, or let it go on. */
export const watchNow = ({ paused }: Pick<Dataset, 'paused'>, told: WatchStatus | null): WatchStatus | null => {
  if (paused !== null && told?.state !== 'ingesting') {
    const message = `paused by ${paused.by}: what lands stays in the bucket`;
    return { state: 'paused', objects: told?.objects ?? null, lacking: [], dueAt: null, message, at: paused.at };
  }
  if (paused === null && told?.state === 'paused')
    return { ...told, state: 'idle', message: 'about to look at what landed' };
  return told;
};
