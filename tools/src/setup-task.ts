/** One slow thing that a person waits for. Tasks of one list run side by side and wait for each other where they must. */
import type { OnProgress } from './system/cache-entry.js';

export interface SetupTask {
  readonly title: string;
  /** Answers a remark for the person (`reused`, `built in 4 min`), or nothing. */
  readonly run: (onProgress: OnProgress) => Promise<string | void>;
}

/** Shows tasks to a person while it runs them all; rejects with the first failure once every task has ended. */
export type ShowTasks = (tasks: readonly SetupTask[]) => Promise<void>;

/** What a task rejects with when a task that it waits for has failed: no news, and not to be shown as a failure. */
export class PrerequisiteFailed extends Error {
  override readonly name = 'PrerequisiteFailed';
}

/** The first failure that is news. */
export const throwFirstFailure = (outcomes: readonly PromiseSettledResult<unknown>[]): void => {
  const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
  const news = reasons.find((reason) => !(reason instanceof PrerequisiteFailed)) ?? reasons[0];
  if (news !== undefined) throw news;
};

/** Runs the tasks and tells each one's progress as `title: text`. */
export const runTasks =
  (onProgress: OnProgress): ShowTasks =>
  async (tasks) =>
    throwFirstFailure(
      await Promise.allSettled(tasks.map(({ title, run }) => run((text) => onProgress(`${title}: ${text}`)))),
    );
