/**
 * Sees that every selection, reproduction and bulk classification that is under way has its workflow: on an event of the registry, and every
 * few seconds, since an event may be lost and a workflow may have ended without what it is for.
 */
import type { RegistryEvent } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import type { Registry } from '@graft/registry-client';
import { dispatchLoop } from './dispatch-loop.js';

export interface UnderWayDispatcher<List extends keyof Registry> {
  readonly registry: Pick<Registry, 'events' | List>;
  /** Whether its workflow was started now; false where it runs already. */
  readonly start: (id: string) => Promise<boolean>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Milliseconds between two looks without an event; default 3 s. */
  readonly pollMs?: number;
}

const UNDER_WAY = ['requested', 'running'] as const;
type UnderWay = (typeof UNDER_WAY)[number];

/** Oldest first. Resolves when the signal aborts; whatever fails before is logged, and gone on from. */
const dispatchUnderWay = <Work extends { readonly id: string; readonly state: string }>({
  list,
  facts,
  start,
  ...options
}: Omit<UnderWayDispatcher<never>, 'registry'> & {
  readonly registry: Pick<Registry, 'events'>;
  readonly kind: RegistryEvent['kind'];
  readonly what: string;
  /** Newest first. */
  readonly list: (filter: { state: UnderWay }) => Promise<readonly Work[]>;
  /** For the log. */
  readonly facts: (work: Work) => object;
}): Promise<void> =>
  dispatchLoop({
    ...options,
    look: async () => {
      const lists = await Promise.all(UNDER_WAY.map((state) => list({ state })));
      for (const work of lists.flat().reverse()) {
        const { id, state } = work;
        if (await start(id)) options.logger.info({ id, state, ...facts(work) }, `${options.what}: one started`);
      }
    },
  });

export const dispatchSelections = (options: UnderWayDispatcher<'listSelections'>): Promise<void> =>
  dispatchUnderWay({
    ...{ ...options, kind: 'selection', what: 'selections' },
    list: (filter) => options.registry.listSelections(filter),
    facts: ({ request: { dataset } }) => ({ dataset }),
  });

export const dispatchReproductions = (options: UnderWayDispatcher<'listReproductions'>): Promise<void> =>
  dispatchUnderWay({
    ...{ ...options, kind: 'reproduction', what: 'reproductions' },
    list: (filter) => options.registry.listReproductions(filter),
    facts: ({ model, version }) => ({ model, version }),
  });

export const dispatchBulks = (options: UnderWayDispatcher<'listBulks'>): Promise<void> =>
  dispatchUnderWay({
    ...{ ...options, kind: 'bulk_classification', what: 'bulk classifications' },
    list: (filter) => options.registry.listBulks(filter),
    facts: ({ model, version }) => ({ model, version }),
  });
