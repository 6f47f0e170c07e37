/**
 * Sees that every reproduction that is under way has its workflow: on an event of the registry, and every few seconds, since an event
 * may be lost and a workflow may have ended without its reproduction.
 */
import type { Logger } from '@graft/platform';
import type { Registry } from '@graft/registry-client';
import { dispatchLoop } from './dispatch-loop.js';

export interface ReproductionDispatcher {
  readonly registry: Pick<Registry, 'events' | 'listReproductions'>;
  /** Whether it was started now; false where it runs already. */
  readonly start: (reproductionId: string) => Promise<boolean>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Milliseconds between two looks without an event; default 3 s. */
  readonly pollMs?: number;
}

/** Resolves when the signal aborts; whatever fails before is logged, and gone on from. */
export const dispatchReproductions = ({ start, ...options }: ReproductionDispatcher): Promise<void> =>
  dispatchLoop({
    ...options,
    kind: 'reproduction',
    what: 'reproductions',
    look: async () => {
      const { registry, logger } = options;
      const lists = await Promise.all([
        registry.listReproductions({ state: 'requested' }),
        registry.listReproductions({ state: 'running' }),
      ]);
      for (const { id, model, version, state } of lists.flat().reverse())
        if (await start(id)) logger.info({ reproductionId: id, model, version, state }, 'reproduction started');
    },
  });
