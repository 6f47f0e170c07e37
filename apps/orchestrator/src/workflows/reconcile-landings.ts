/**
 * Started by a schedule every few seconds: what should be under way and isn't, because an event was lost or a server
 * was away, is started. Landings nobody looked at wake their watcher; pipelines that miss the latest version get a run.
 */
import { control, reconciler } from './proxies.js';
import { startRetrains } from './start-retrains.js';

export interface ReconcileResult {
  /** Datasets whose watcher was signalled. */
  readonly signalled: readonly string[];
  /** Retrain workflows asked for. */
  readonly retrains: number;
}

export async function reconcileLandings(): Promise<ReconcileResult> {
  const { signalled } = await reconciler.reconcileLandings();
  const missing = await control.missingRuns();
  await startRetrains(missing);
  return { signalled, retrains: missing.length };
}
