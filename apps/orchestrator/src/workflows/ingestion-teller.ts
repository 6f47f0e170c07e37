/** Tells the registry how far an ingestion has come: when it is planned, now and then in between, and how it ended. */
import type { IngestDatasetResult, IngestionPatch, IngestPlan } from '@graft/contracts';
import { CancellationScope, isCancellation, log } from '@temporalio/workflow';
import { failureCause, type FailureCause } from './failures.js';
import { control, reports } from './proxies.js';

/** So many chunks, or so long, between two reports: a history holds tens of them for a hundred thousand objects. */
const CHUNKS_BETWEEN = 16;
const BETWEEN_MS = 10_000;

export class IngestionTeller {
  readonly #id: string;
  readonly #dataset: string;
  #plan: Pick<IngestPlan, 'objects' | 'corrections'> & { readonly chunks: number } = {
    ...{ objects: 0, corrections: 0, chunks: 0 },
  };
  #done = 0;
  #toldDone = 0;
  #toldMs = 0;

  constructor({ id, dataset }: { id: string; dataset: string }) {
    this.#id = id;
    this.#dataset = dataset;
  }

  /** A plan that is made again, since the dataset moved on, starts the count afresh. */
  async planned({ objects, corrections, chunks }: IngestPlan): Promise<void> {
    this.#plan = { objects, corrections, chunks: chunks.length };
    this.#done = 0;
    await this.#tellProgress();
  }

  async inspectedChunk(): Promise<void> {
    this.#done += 1;
    const isDue = this.#done - this.#toldDone >= CHUNKS_BETWEEN || Date.now() - this.#toldMs >= BETWEEN_MS;
    if (isDue) await this.#tellProgress();
  }

  async succeeded({ datasetVersion, newImages, quarantined, duplicates = 0 }: IngestDatasetResult): Promise<void> {
    const { objects } = this.#plan;
    await control.reportIngestion({
      ingestion: this.#ingestion(),
      patch: { state: 'succeeded', inspected: objects, datasetVersion, newImages, quarantined, duplicates },
    });
  }

  /** Even where the workflow itself was cancelled; a registry that can't be told is only logged. */
  async failed(error: FailureCause): Promise<void> {
    try {
      await CancellationScope.nonCancellable(() =>
        reports.reportIngestion({ ingestion: this.#ingestion(), patch: { state: 'failed', error } }),
      );
    } catch (failure) {
      log.error('failed ingestion not told', { ingestion: this.#id, ...failureCause(failure) });
    }
  }

  #ingestion(): { id: string; dataset: string; objects: number; corrections: number } {
    const { objects, corrections } = this.#plan;
    return { id: this.#id, dataset: this.#dataset, objects, corrections };
  }

  async #tellProgress(): Promise<void> {
    this.#toldDone = this.#done;
    this.#toldMs = Date.now();
    const { objects, corrections, chunks } = this.#plan;
    // Chunks are of one size but for the last.
    const inspected = chunks === 0 ? 0 : Math.round((objects * this.#done) / chunks);
    const patch: IngestionPatch = { objects, corrections, inspected };
    try {
      await reports.reportIngestion({ ingestion: this.#ingestion(), patch });
    } catch (error) {
      if (isCancellation(error)) throw error;
      log.warn('progress of an ingestion not told', { ingestion: this.#id, ...failureCause(error) });
    }
  }
}
