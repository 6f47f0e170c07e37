/**
 * Sees that every bulk classification that is under way has its workflow: on an event of the registry, and every few seconds, since an
 * event may be lost and a workflow may have ended without it.
 */
import type { Logger } from '@graft/platform';
import type { Registry } from '@graft/registry-client';
import { dispatchLoop } from './dispatch-loop.js';

export interface BulkDispatcher {
  readonly registry: Pick<Registry, 'events' | 'listBulks'>;
  /** Whether it was started now; false where it runs already. */
  readonly start: (bulkId: string) => Promise<boolean>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Milliseconds between two looks without an event; default 3 s. */
  readonly pollMs?: number;
}

/** Resolves when the signal aborts; whatever fails before is logged, and gone on from. */
export const dispatchBulks = ({ start, ...options }: BulkDispatcher): Promise<void> =>
  dispatchLoop({
    ...options,
    kind: 'bulk_classification',
    what: 'bulk classifications',
    look: async () => {
      const { registry, logger } = options;
      const lists = await Promise.all([
        registry.listBulks({ state: 'requested' }),
        registry.listBulks({ state: 'running' }),
      ]);
      for (const { id, model, version, state } of lists.flat().reverse())
        if (await start(id)) logger.info({ bulkId: id, model, version, state }, 'bulk classification started');
    },
  });
