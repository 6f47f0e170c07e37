/** Looks for work again and again: on an event of the registry, and every few seconds, since an event may be lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RegistryEvent } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import type { Registry } from '@graft/registry-client';

export interface DispatchLoop {
  readonly registry: Pick<Registry, 'events'>;
  /** Events of this kind lead to a look. */
  readonly kind: RegistryEvent['kind'];
  /** For the log: "promotions". */
  readonly what: string;
  readonly look: () => Promise<void>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Milliseconds between two looks without an event; default 3 s. */
  readonly pollMs?: number;
}

/** Resolves when the signal aborts; whatever fails before is logged, and gone on from. */
export const dispatchLoop = async (options: DispatchLoop): Promise<void> => {
  const { registry, kind: wanted, what, look, logger, signal, pollMs = 3_000 } = options;
  let wake = (): void => undefined;

  const listen = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        for await (const { kind } of registry.events({ signal })) if (kind === wanted) wake();
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
      await look().catch((error: unknown) => logger.warn({ err: error }, `${what} not dispatched`));
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
