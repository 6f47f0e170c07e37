/**
 * Watches one dataset for ever (id `watch/<dataset>`): a landed signal wakes it, it waits until the landing has settled
 * (quiet, enough images, or long enough: the dataset's policy), has a version made, and starts what subscribes to it.
 * A signal that comes at any moment is acted upon: what one ingestion did not take starts the next.
 */
import {
  ingestWorkflowId,
  LANDED_SIGNAL,
  watchDatasetInputSchema,
  type LandedHint,
  type WatchDatasetInput,
} from '@graft/contracts';
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineSignal,
  executeChild,
  isCancellation,
  log,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { failureCause, parseInput } from './failures.js';
import { ingestDataset } from './ingest-dataset.js';
import { Landings } from './landings.js';
import { control, listing } from './proxies.js';
import { startRetrains } from './start-retrains.js';

export const landed = defineSignal<[LandedHint?]>(LANDED_SIGNAL);

type Settled = 'settled' | 'history_full';

/** The policy is read once a landing: a change takes effect with the next. */
const settle = async (dataset: string, landings: Landings): Promise<Settled> => {
  const policy = await control.readDatasetPolicy({ dataset });
  for (;;) {
    if (workflowInfo().continueAsNewSuggested) return 'history_full';
    // One timer for a quiet period, however many signals come in it: a storm costs no timers.
    const leftMs = landings.settledMs(policy) - Date.now();
    if (leftMs > 0) {
      await sleep(leftMs);
      continue;
    }
    const waitMs = landings.deadlineMs(policy) - Date.now();
    if (policy.minNewImages <= 1 || waitMs <= 0) return 'settled';
    const { objects } = await listing.countLanded({ dataset });
    if (objects >= policy.minNewImages) return 'settled';
    const seen = landings.signals;
    await condition(() => landings.signals !== seen, waitMs);
  }
};

const ingestAndRetrain = async (dataset: string, batch: number): Promise<void> => {
  const { datasetVersion } = await executeChild(ingestDataset, {
    workflowId: ingestWorkflowId(dataset, batch),
    args: [{ dataset }],
  });
  if (datasetVersion !== null) await startRetrains(await control.subscribedPipelines({ dataset, datasetVersion }));
};

/** A landing that can't be ingested must not end the watching: the reconciler tells of it again for as long as it is there. */
const orReport = async <T>(dataset: string, work: Promise<T>): Promise<T | null> => {
  try {
    return await work;
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.error('landing not ingested', { dataset, ...failureCause(error) });
    return null;
  }
};

export async function watchDataset(input: WatchDatasetInput): Promise<void> {
  const { dataset, batch: firstBatch, carried, sinceMs } = parseInput(watchDatasetInputSchema, input);
  const landings = new Landings({ signals: carried, firstMs: sinceMs, nowMs: Date.now() });
  setHandler(landed, (hint) => landings.note(hint, Date.now()));
  const startAfresh = async (batch: number): Promise<never> => {
    await condition(allHandlersFinished);
    return continueAsNew<typeof watchDataset>({
      dataset,
      batch,
      carried: landings.signals,
      sinceMs: landings.firstMs,
    });
  };

  for (let batch = firstBatch; ; batch += 1) {
    if (workflowInfo().continueAsNewSuggested) await startAfresh(batch);
    await condition(() => landings.signals > 0);
    const settled = await orReport(dataset, settle(dataset, landings));
    if (settled === 'history_full') await startAfresh(batch);
    landings.take();
    if (settled === 'settled') await orReport(dataset, ingestAndRetrain(dataset, batch));
  }
}
