/**
 * Turns bucket events into signals for watchers: one a dataset for all that came within a moment. A hint and no more:
 * what is lost here, the reconciler finds.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BucketEvents } from '@graft/artifacts';
import { AppError, nameSchema, type LandedHint } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import type { DatasetRegistry } from '@graft/registry-client';

export interface LandingListener {
  readonly events: BucketEvents;
  readonly registry: Pick<DatasetRegistry, 'getDataset'>;
  readonly watchers: { signal(dataset: string, hint: LandedHint): Promise<void> };
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** How long events are gathered before the watchers are signalled, in milliseconds; default 500. */
  readonly gatherMs?: number;
  /** How long to wait before a stream of events that ended is opened again, in milliseconds; default 2 s. */
  readonly reconnectMs?: number;
}

const isUnknown = (error: unknown): boolean => error instanceof AppError && error.code === 'not_found';

/** Resolves when the signal aborts; whatever fails before is logged, and gone on from. */
export const listenForLandings = async (options: LandingListener): Promise<void> => {
  const { events, registry, watchers, logger, signal, gatherMs = 500, reconnectMs = 2_000 } = options;
  const gathered = new Map<string, number>();
  let flushing: Promise<void> | null = null;

  const tell = async (dataset: string, objects: number): Promise<void> => {
    try {
      await registry.getDataset(dataset);
      await watchers.signal(dataset, {});
      logger.debug({ dataset, objects }, 'landing signalled');
    } catch (error) {
      if (isUnknown(error)) logger.warn({ dataset, objects }, 'landing left: the registry has no such dataset');
      else logger.warn({ dataset, objects, err: error }, 'landing not signalled: the reconciler will find it');
    }
  };

  const flush = async (): Promise<void> => {
    await sleep(gatherMs, undefined, { signal }).catch(() => undefined);
    const batch = [...gathered];
    gathered.clear();
    flushing = null;
    if (!signal.aborted) await Promise.all(batch.map(([dataset, objects]) => tell(dataset, objects)));
  };

  while (!signal.aborted) {
    try {
      for await (const { key } of events.created({ signal })) {
        const dataset = key.split('/')[0] ?? '';
        if (!nameSchema.safeParse(dataset).success) {
          logger.warn({ key }, 'landing left: its key names no dataset');
          continue;
        }
        gathered.set(dataset, (gathered.get(dataset) ?? 0) + 1);
        flushing ??= flush();
      }
    } catch (error) {
      if (!signal.aborted) logger.warn({ err: error }, 'bucket events interrupted: the reconciler lists meanwhile');
    }
    await sleep(reconnectMs, undefined, { signal }).catch(() => undefined);
  }
};
