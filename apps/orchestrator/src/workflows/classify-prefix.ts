/**
 * Asks a version about every image under a prefix (id `classify/<bulkId>`), part by part in the order of their keys. Where it is called
 * off in the registry, the next part sees it and nothing more comes.
 */
import { classifyPrefixInputSchema, type ClassifyPrefixInput } from '@graft/contracts';
import { CancellationScope, continueAsNew, log } from '@temporalio/workflow';
import { failureCause, parseInput } from './failures.js';
import { control, evaluate, listing } from './proxies.js';

/** Each is a few events of the history, which has room for some thousands. */
const PARTS_PER_RUN = 200;

export async function classifyPrefix(input: ClassifyPrefixInput): Promise<void> {
  const { bulkId, ...from } = parseInput(classifyPrefixInputSchema, input);
  let { counts } = from;
  let after: string | null = from.after;
  try {
    if (after === '') await listing.openBulk({ bulkId });
    for (let part = 0; after !== null && part < PARTS_PER_RUN; part += 1)
      ({ counts, after } = await evaluate.classifyPart({ bulkId, after, counts }));
    if (after === null) return await control.concludeBulk({ bulkId, counts });
  } catch (error) {
    const cause = failureCause(error);
    await CancellationScope.nonCancellable(() => control.failBulk({ bulkId, error: cause })).catch((failure: unknown) =>
      log.error('bulk classification not marked failed', { bulkId, ...failureCause(failure) }),
    );
    throw error;
  }
  await continueAsNew<typeof classifyPrefix>({ bulkId, after, counts });
}
