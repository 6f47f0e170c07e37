/**
 * Sees that every selection that is under way has its workflow: on an event of the registry, and every few seconds, since an event
 * may be lost and a workflow may have ended without its selection.
 */
import type { Logger } from '@graft/platform';
import type { Registry } from '@graft/registry-client';
import { dispatchLoop } from './dispatch-loop.js';

export interface SelectionDispatcher {
  readonly registry: Pick<Registry, 'events' | 'listSelections'>;
  /** Whether it was started now; false where it runs already. */
  readonly start: (selectionId: string) => Promise<boolean>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Milliseconds between two looks without an event; default 3 s. */
  readonly pollMs?: number;
}

/** Resolves when the signal aborts; whatever fails before is logged, and gone on from. */
export const dispatchSelections = ({ start, ...options }: SelectionDispatcher): Promise<void> =>
  dispatchLoop({
    ...options,
    kind: 'selection',
    what: 'selections',
    look: async () => {
      const { registry, logger } = options;
      const lists = await Promise.all([
        registry.listSelections({ state: 'requested' }),
        registry.listSelections({ state: 'running' }),
      ]);
      for (const { id, request, state } of lists.flat().reverse())
        if (await start(id)) logger.info({ selectionId: id, dataset: request.dataset, state }, 'selection started');
    },
  });
