/**
 * Watches one dataset for ever (id `watch/<dataset>`): a landed signal wakes it, it waits until the landing has settled
 * (quiet, enough images, or long enough: the dataset's policy), has a version made, and starts what subscribes to it. While the
 * dataset is paused it makes none. It tells the registry what it waits for.
 * A signal that comes at any moment is acted upon: what one ingestion did not take starts the next.
 */
import {
  ingestWorkflowId,
  LANDED_SIGNAL,
  watchDatasetInputSchema,
  type IngestDatasetResult,
  type LandedHint,
  type NewWatchStatus,
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
  patched,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { failureCause, parseInput } from './failures.js';
import { ingestDataset } from './ingest-dataset.js';
import { Landings } from './landings.js';
import { control } from './proxies.js';
import { settle, type Settled } from './settle.js';
import { settleUntold } from './settle-untold.js';
import { startRetrains } from './start-retrains.js';
import { WatchTeller } from './watch-teller.js';

export const landed = defineSignal<[LandedHint?]>(LANDED_SIGNAL);

/**
 * Ids of ingestions are never used again: batches count within one watching (a chain of executions), and a watcher that was ended
 * and started afresh is another one.
 */
const ingestionId = (dataset: string, batch: number): string =>
  ingestWorkflowId(dataset, `${workflowInfo().firstExecutionRunId.slice(0, 8)}-${batch}`);

const ingestAndRetrain = async (dataset: string, workflowId: string): Promise<IngestDatasetResult> => {
  const result = await executeChild(ingestDataset, { workflowId, args: [{ dataset }] });
  const { datasetVersion } = result;
  if (datasetVersion !== null) await startRetrains(await control.subscribedPipelines({ dataset, datasetVersion }));
  return result;
};

const statusOf = (state: NewWatchStatus['state'], message: string): NewWatchStatus => ({
  ...{ state, message, objects: null, lacking: [], dueAt: null },
});

const tellEnd = (result: IngestDatasetResult | null): string => {
  if (result === null)
    return 'the last ingestion failed: it is tried again when something lands, or is found by listing';
  return result.datasetVersion === null ? 'nothing landed that makes a version' : 'a version was made of what landed';
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
  const { dataset, batch: firstBatch, carried, sinceMs, urgent } = parseInput(watchDatasetInputSchema, input);
  const landings = new Landings({ signals: carried, firstMs: sinceMs, nowMs: Date.now(), urgent });
  setHandler(landed, (hint) => landings.note(hint, Date.now()));
  const startAfresh = async (batch: number): Promise<never> => {
    await condition(allHandlersFinished);
    return continueAsNew<typeof watchDataset>({
      dataset,
      batch,
      carried: landings.signals,
      sinceMs: landings.firstMs,
      urgent: landings.isUrgent,
    });
  };

  const teller = new WatchTeller(dataset);
  const ingestSettled = async (batch: number): Promise<void> => {
    await teller.tell(statusOf('ingesting', 'making a version of what landed'));
    landings.take();
    const result = await orReport(dataset, ingestAndRetrain(dataset, ingestionId(dataset, batch)));
    if (landings.signals === 0) await teller.tell(statusOf('idle', tellEnd(result)));
  };

  for (let batch = firstBatch; ; batch += 1) {
    if (workflowInfo().continueAsNewSuggested) await startAfresh(batch);
    await condition(() => landings.signals > 0);
    // Asked each time round: an execution that began before takes it up with its next landing.
    const isTold = patched('watch-told');
    const settled = await orReport<Settled>(
      dataset,
      isTold ? settle(dataset, landings, teller) : settleUntold(dataset, landings),
    );
    if (settled === 'history_full') await startAfresh(batch);
    if (settled === 'settled' && isTold) {
      await ingestSettled(batch);
      continue;
    }
    landings.take();
    if (settled === 'settled') await orReport(dataset, ingestAndRetrain(dataset, ingestWorkflowId(dataset, batch)));
    // What lands while it is paused stays in the bucket, where the look that a resume asks for finds it.
    if (settled === 'paused') await teller.tell(statusOf('paused', 'what lands stays in the bucket'));
  }
}
