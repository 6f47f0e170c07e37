/**
 * Sees that every promotion that is under way has its workflow: on an event of the registry, and every few seconds,
 * since an event may be lost and a workflow may have ended without its promotion.
 */
import type { Promotion } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import type { Registry } from '@graft/registry-client';
import { dispatchLoop } from './dispatch-loop.js';

export interface PromotionDispatcher {
  readonly registry: Pick<Registry, 'events' | 'listPromotions'>;
  /** Whether it was started now; false where it runs already. */
  readonly start: (promotionId: string) => Promise<boolean>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Milliseconds between two looks without an event; default 3 s. */
  readonly pollMs?: number;
}

const UNDER_WAY: readonly Promotion['state'][] = ['requested', 'preparing', 'committed'];

/** Starts what isn't running yet. Oldest first, so that of two promotions of a model the first comes first. */
export const dispatchOnce = async ({
  registry,
  start,
  logger,
}: Pick<PromotionDispatcher, 'registry' | 'start' | 'logger'>): Promise<void> => {
  const lists = await Promise.all(UNDER_WAY.map((state) => registry.listPromotions({ state })));
  const oldestFirst = lists.flat().sort((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt));
  for (const { id, model, version, state } of oldestFirst) {
    if (await start(id)) logger.info({ promotionId: id, model, version, state }, 'promotion started');
  }
};

/** Resolves when the signal aborts; whatever fails before is logged, and gone on from. */
export const dispatchPromotions = (options: PromotionDispatcher): Promise<void> =>
  dispatchLoop({ ...options, kind: 'promotion', what: 'promotions', look: () => dispatchOnce(options) });
