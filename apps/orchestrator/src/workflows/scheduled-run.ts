/** Started by a pipeline's schedule (`cron/<pipeline>`): runs the dataset's latest version, if that has no run yet. */
import { scheduledRunInputSchema, type ScheduledRunInput } from '@graft/contracts';
import { parseInput } from './failures.js';
import { control } from './proxies.js';
import { startRetrains } from './start-retrains.js';

export interface ScheduledRunResult {
  /** Retrain workflows asked for. */
  readonly retrains: number;
}

export async function scheduledRun(input: ScheduledRunInput): Promise<ScheduledRunResult> {
  const due = await control.dueRuns(parseInput(scheduledRunInputSchema, input));
  await startRetrains(due);
  return { retrains: due.length };
}
