/** What commands tell of deployments, and waiting for one that was asked for. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, type LedgerEntry, type Promotion, type VariantName } from '@graft/contracts';
import type { Registry } from '@graft/registry-client';

const POLL_MS = 100;

/** The generation of a model in an environment; 0 where nothing was ever promoted. */
export const currentGeneration = async (registry: Registry, model: string, environment: string): Promise<number> =>
  (await registry.getDeployment(model, environment))?.generation ?? 0;

/** Which form a row of the ledger put in place; rows from before there were others say none. */
export const variantOf = ({ variant = 'fp32' }: Pick<LedgerEntry, 'variant'>): VariantName => variant;

/** Why a row was written, and the stage that was skipped for it. */
export const tellReason = ({ reason, skippedStage }: Pick<LedgerEntry, 'reason' | 'skippedStage'>): string =>
  skippedStage === undefined ? reason : `${reason} (${skippedStage} was skipped)`;

/** Waits until a promotion has ended, and returns it; a failed one throws what made it fail. */
export const awaitPromotion = async (
  registry: Registry,
  id: string,
  onState: (promotion: Promotion) => void,
): Promise<Promotion> => {
  let seen: Promotion['state'] | null = null;
  for (;;) {
    const promotion = await registry.getPromotion(id);
    if (promotion.state !== seen) onState(promotion);
    seen = promotion.state;
    if (promotion.state === 'swapped') return promotion;
    if (promotion.state === 'failed') {
      throw new AppError(
        'refused',
        `promotion of ${promotion.model} version ${promotion.version} (${promotion.variant}) failed: ${promotion.error?.message ?? 'no cause was recorded'}`,
        {
          details: { promotion: id, cause: promotion.error?.code ?? null },
        },
      );
    }
    await sleep(POLL_MS);
  }
};
