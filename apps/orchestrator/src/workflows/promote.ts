/**
 * Carries one promotion out (id `promote/<promotionId>`): replicas prepare the version, one transaction commits it,
 * replicas swap. Before the commit a failure is compensated by marking the promotion failed, and nothing has changed;
 * after it nothing is undone here: the ledger has decided, and taking back is a person's command.
 * Started again at any point, it goes on from where the promotion stands.
 */
import { promoteInputSchema, type PromoteInput, type PromoteResult } from '@graft/contracts';
import { ApplicationFailure } from '@temporalio/common';
import { CancellationScope, isCancellation, log } from '@temporalio/workflow';
import { failureCause, parseInput } from './failures.js';
import { control, waits } from './proxies.js';

const failPromotion = async (promotionId: string, error: unknown): Promise<void> => {
  const cause = failureCause(error);
  try {
    await CancellationScope.nonCancellable(() => control.failPromotion({ promotionId, error: cause }));
  } catch (failure) {
    log.error('promotion not marked failed', { promotionId, cause, ...failureCause(failure) });
  }
};

const prepareAndCommit = async (promotionId: string): Promise<number> => {
  try {
    await control.preparePromotion({ promotionId });
    await waits.awaitPrepared({ promotionId });
    // Cancelled in the middle, nobody would know whether it was committed: it is not to be cancelled from here on.
    const { generation } = await CancellationScope.nonCancellable(() => control.commitPromotion({ promotionId }));
    return generation;
  } catch (error) {
    await failPromotion(promotionId, error);
    throw error;
  }
};

const awaitSwapped = async (promotionId: string, generation: number): Promise<PromoteResult> => {
  try {
    await waits.awaitSwapped({ promotionId });
    return { generation, swapped: true };
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.error('not every replica has swapped', { promotionId, generation, ...failureCause(error) });
    return { generation, swapped: false };
  }
};

export async function promote(input: PromoteInput): Promise<PromoteResult> {
  const { promotionId } = parseInput(promoteInputSchema, input);
  const { state, generation } = await control.readPromotion({ promotionId });
  if (state === 'failed')
    throw ApplicationFailure.nonRetryable(`promotion ${promotionId} has failed before`, 'conflict');
  if (state === 'swapped' && generation !== null) return { generation, swapped: true };
  return awaitSwapped(promotionId, generation ?? (await prepareAndCommit(promotionId)));
}
