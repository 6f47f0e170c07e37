/**
 * Sees that every run that was asked for has its workflow, and that one that was called off loses it: on an event of the
 * registry, and every few seconds, since one may be lost.
 */
import type { Run } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import type { Registry } from '@graft/registry-client';
import { dispatchLoop } from './dispatch-loop.js';

export interface RunDispatcher {
  readonly registry: Pick<Registry, 'events' | 'listRuns'>;
  /** Whether it was started now; false where it runs already. */
  readonly start: (run: Run) => Promise<boolean>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Milliseconds between two looks without an event; default 3 s. */
  readonly pollMs?: number;
}

/** Resolves when the signal aborts; whatever fails before is logged, and gone on from. */
export const dispatchRequestedRuns = ({ start, ...options }: RunDispatcher): Promise<void> =>
  dispatchLoop({
    ...options,
    kind: 'run',
    what: 'requested runs',
    look: async () => {
      const requested = await options.registry.listRuns({ state: 'requested' });
      for (const run of requested.reverse())
        if (await start(run))
          options.logger.info({ runId: run.id, pipeline: run.pipeline, asked: run.asked }, 'requested run started');
    },
  });

export interface CancellationDispatcher {
  readonly registry: Pick<Registry, 'events' | 'listRuns' | 'patchRun'>;
  /** Whether its workflow was told; false where there is none that runs. */
  readonly cancel: (run: Run) => Promise<boolean>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Milliseconds between two looks without an event; default 3 s. */
  readonly pollMs?: number;
}

/** Resolves when the signal aborts; whatever fails before is logged, and gone on from. */
export const dispatchCancellations = ({ cancel, ...options }: CancellationDispatcher): Promise<void> =>
  dispatchLoop({
    ...options,
    kind: 'run',
    what: 'cancellations',
    look: async () => {
      const { registry, logger } = options;
      for (const run of await registry.listRuns({ state: 'cancelling' })) {
        const wasTold = await cancel(run);
        // Nobody is left to say that it has ended.
        if (!wasTold) await registry.patchRun(run.id, { state: 'cancelled', error: run.error });
        logger.info({ runId: run.id, wasTold }, 'run called off');
      }
    },
  });
