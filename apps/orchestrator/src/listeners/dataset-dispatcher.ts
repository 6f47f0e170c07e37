/**
 * Wakes the watchers of datasets that a person did something with: resumed, asked to look, corrected. On an event of the registry, and
 * every few seconds, since an event may be lost.
 */
import type { Dataset, LandedHint } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import type { Registry } from '@graft/registry-client';
import { dispatchLoop } from './dispatch-loop.js';

export interface DatasetDispatcher {
  readonly registry: Pick<Registry, 'events' | 'listDatasets' | 'getWatch'>;
  readonly watchers: { signal(dataset: string, hint: LandedHint): Promise<void> };
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Milliseconds between two looks without an event; default 3 s. */
  readonly pollMs?: number;
}

type Act = Pick<Dataset, 'paused' | 'corrections' | 'lookAskedAt'>;

/** What a person did since a dataset was last seen; null: nothing that its watcher has to know. */
export const causeOf = (
  before: Act,
  { paused, corrections, lookAskedAt }: Act,
): 'resumed' | 'asked' | 'corrected' | null => {
  if (paused !== null) return null;
  if (lookAskedAt !== null && lookAskedAt !== before.lookAskedAt) return 'asked';
  if (corrections > before.corrections) return 'corrected';
  return before.paused === null ? null : 'resumed';
};

/** Resolves when the signal aborts; whatever fails before is logged, and gone on from. */
export const dispatchDatasets = (options: DatasetDispatcher): Promise<void> => {
  const { registry, watchers, logger } = options;
  const seen = new Map<string, Act>();

  /**
   * Of a dataset that this process hasn't seen before, a look that was asked for after its watcher last told of itself is still to be
   * had. Corrections and resumes of that time are found by the reconciler.
   */
  const asFirstSeen = async (dataset: Dataset): Promise<Act> => {
    if (dataset.lookAskedAt === null) return dataset;
    const toldAt = (await registry.getWatch(dataset.name))?.at;
    const isMissed = toldAt === undefined || Date.parse(toldAt) < Date.parse(dataset.lookAskedAt);
    return isMissed ? { ...dataset, lookAskedAt: null } : dataset;
  };

  return dispatchLoop({
    ...options,
    kind: 'dataset',
    what: 'datasets',
    look: async () => {
      for (const dataset of await registry.listDatasets()) {
        const { name, paused, corrections, lookAskedAt } = dataset;
        const cause = causeOf(seen.get(name) ?? (await asFirstSeen(dataset)), dataset);
        if (cause !== null) {
          // Whoever resumes wants what was usual again: the policy's quiet time and its numbers hold.
          await watchers.signal(name, { urgent: cause !== 'resumed' });
          logger.info({ dataset: name, cause }, 'watcher woken');
        }
        seen.set(name, { paused, corrections, lookAskedAt });
      }
    },
  });
};
