/** A fan-out that keeps a bounded number of activities in flight. */
import { CancellationScope } from '@temporalio/workflow';

export interface Fanout<Item, Result> {
  readonly items: readonly Item[];
  /** How many run at the same time. */
  readonly limit: number;
  run(item: Item, index: number): Promise<Result>;
}

/**
 * Results in the order of the items. The first failure cancels what is in flight, waits for it to end, and is thrown:
 * nothing is left running behind a workflow that goes on to clean up.
 */
export const mapBounded = async <Item, Result>({ items, limit, run }: Fanout<Item, Result>): Promise<Result[]> =>
  CancellationScope.cancellable(async () => {
    const scope = CancellationScope.current();
    const results: Result[] = [];
    const queue = items.entries();
    const failures: unknown[] = [];
    const drain = async (): Promise<void> => {
      for (const [index, item] of queue) {
        if (failures.length > 0) return;
        try {
          results[index] = await run(item, index);
        } catch (error) {
          failures.push(error);
          scope.cancel();
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(limit, items.length) }, drain));
    if (failures.length > 0) throw failures[0];
    return results;
  });
