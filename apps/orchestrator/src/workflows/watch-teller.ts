/** Tells the registry what a watcher waits for: every turn of it, but not every signal of a storm. */
import type { NewWatchStatus } from '@graft/contracts';
import { isCancellation, log } from '@temporalio/workflow';
import { failureCause } from './failures.js';
import { reports } from './proxies.js';

/** While images keep landing, the moment of quiet moves on with each: it is told again after so long. */
const SETTLING_TOLD_MS = 10_000;

/** Null for a time that never comes. */
export const toTimestamp = (ms: number): string | null => (Number.isFinite(ms) ? new Date(ms).toISOString() : null);

export class WatchTeller {
  readonly #dataset: string;
  #settlingToldMs = -Infinity;

  constructor(dataset: string) {
    this.#dataset = dataset;
  }

  /** A registry that can't be told is only logged: what is told is for people, nothing is decided by it. */
  async tell(status: NewWatchStatus): Promise<void> {
    if (status.state === 'settling') {
      if (Date.now() - this.#settlingToldMs < SETTLING_TOLD_MS) return;
      this.#settlingToldMs = Date.now();
    } else if (status.state !== 'waiting') this.#settlingToldMs = -Infinity;
    try {
      await reports.reportWatch({ dataset: this.#dataset, status });
    } catch (error) {
      if (isCancellation(error)) throw error;
      log.warn('watch status not told', { dataset: this.#dataset, ...failureCause(error) });
    }
  }
}
