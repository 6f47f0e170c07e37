/**
 * Turns keys of landed objects, whoever tells of them, into signals for watchers: one a dataset for all that came within a
 * moment. A hint and no more: what is lost here, the reconciler finds.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, nameSchema, type LandedHint } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import type { DatasetRegistry } from '@graft/registry-client';

export interface LandingGathererOptions {
  readonly registry: Pick<DatasetRegistry, 'getDataset'>;
  readonly watchers: { signal(dataset: string, hint: LandedHint): Promise<void> };
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** How long events are gathered before the watchers are signalled, in milliseconds; default 500. */
  readonly gatherMs?: number;
}

export interface LandingGatherer {
  /** An object has landed under this key; `<dataset>/…`. */
  landed(key: string): void;
}

const isUnknown = (error: unknown): boolean => error instanceof AppError && error.code === 'not_found';

export const createLandingGatherer = (options: LandingGathererOptions): LandingGatherer => {
  const { registry, watchers, logger, signal, gatherMs = 500 } = options;
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

  return {
    landed: (key) => {
      const dataset = key.split('/')[0] ?? '';
      if (!nameSchema.safeParse(dataset).success) {
        logger.warn({ key }, 'landing left: its key names no dataset');
        return;
      }
      gathered.set(dataset, (gathered.get(dataset) ?? 0) + 1);
      flushing ??= flush();
    },
  };
};
