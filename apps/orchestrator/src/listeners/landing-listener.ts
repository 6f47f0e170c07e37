/** Listens to the bucket's stream of events, and tells the gatherer what landed. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BucketEvents } from '@graft/artifacts';
import type { Logger } from '@graft/platform';
import type { LandingGatherer } from './landing-gatherer.js';

export interface LandingListener {
  readonly events: BucketEvents;
  readonly gatherer: LandingGatherer;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** How long to wait before a stream of events that ended is opened again, in milliseconds; default 2 s. */
  readonly reconnectMs?: number;
}

/** Resolves when the signal aborts; whatever fails before is logged, and gone on from. */
export const listenForLandings = async (options: LandingListener): Promise<void> => {
  const { events, gatherer, logger, signal, reconnectMs = 2_000 } = options;
  while (!signal.aborted) {
    try {
      for await (const { key } of events.created({ signal })) gatherer.landed(key);
    } catch (error) {
      if (!signal.aborted) logger.warn({ err: error }, 'bucket events interrupted: the reconciler lists meanwhile');
    }
    await sleep(reconnectMs, undefined, { signal }).catch(() => undefined);
  }
};
