/**
 * Sees that every promotion that is under way has its workflow: on an event of the registry, and every few seconds,
 * since an event may be lost and a workflow may have ended without its promotion.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Promotion } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import type { Registry } from '@graft/registry-client';

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
export const dispatchPromotions = async (options: PromotionDispatcher): Promise<void> => {
  const { registry, logger, signal, pollMs = 3_000 } = options;
  let wake = (): void => undefined;

  const listen = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        for await (const { kind } of registry.events({ signal })) if (kind === 'promotion') wake();
      } catch (error) {
        if (!signal.aborted) logger.warn({ err: error }, 'registry events interrupted: polling meanwhile');
      }
      await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    }
  };

  const poll = async (): Promise<void> => {
    while (!signal.aborted) {
      // Before the look, so that an event in the middle of it leads to another.
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await dispatchOnce(options).catch((error: unknown) => logger.warn({ err: error }, 'promotions not dispatched'));
      const timer = new AbortController();
      await Promise.race([
        woken,
        sleep(pollMs, undefined, { signal: AbortSignal.any([signal, timer.signal]) }).catch(() => undefined),
      ]);
      timer.abort();
    }
  };

  await Promise.all([listen(), poll()]);
};
