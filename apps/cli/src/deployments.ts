/** Waiting for what was asked of the registry to be true on every replica. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AppError,
  isNewer,
  type LedgerEntry,
  type Position,
  type Promotion,
  type Replica,
  type VariantName,
} from '@graft/contracts';
import type { Registry } from '@graft/registry-client';

const POLL_MS = 20;

/** The generation of a model in an environment; 0 where nothing was ever promoted. */
export const currentGeneration = async (registry: Registry, model: string, environment: string): Promise<number> =>
  (await registry.getDeployment(model, environment))?.generation ?? 0;

/** Which form a row of the ledger put in place; rows from before there were others say none. */
export const variantOf = ({ variant = 'fp32' }: Pick<LedgerEntry, 'variant'>): VariantName => variant;

/** Why a row was written, and the stage that was skipped for it. */
export const tellReason = ({ reason, skippedStage }: Pick<LedgerEntry, 'reason' | 'skippedStage'>): string =>
  skippedStage === undefined ? reason : `${reason} (${skippedStage} was skipped)`;

export interface Convergence {
  readonly replicas: number;
  /** Milliseconds from the call until the last live replica had acknowledged. */
  readonly waitedMs: number;
}

/** Whether a replica serves what was decided there, or something newer. */
export const hasReached = (replica: Replica, model: string, wanted: Position): boolean =>
  replica.serving.some((serving) => serving.model === model && !isNewer(wanted, serving));

/**
 * Waits until every replica with a live lease serves this generation or a newer one.
 * @throws AppError `timeout` naming the replicas that lag and their problems.
 */
export const awaitGeneration = async (
  registry: Registry,
  params: { model: string; environment: string; timeoutMs: number } & Position,
): Promise<Convergence> => {
  const startedAt = performance.now();
  for (;;) {
    const replicas = await registry.listReplicas({ environment: params.environment, live: true });
    const lagging = replicas.filter((replica) => !hasReached(replica, params.model, params));
    const waitedMs = performance.now() - startedAt;
    if (lagging.length === 0) return { replicas: replicas.length, waitedMs };
    if (waitedMs > params.timeoutMs) throw laggingError(lagging, params);
    await sleep(POLL_MS);
  }
};

const laggingError = (
  lagging: readonly Replica[],
  params: { model: string; generation: number; timeoutMs: number },
): AppError => {
  const told = lagging.map((replica) => {
    const problems = replica.problems.filter(({ model }) => model === params.model).map(({ message }) => message);
    return `${replica.id} (${problems.length > 0 ? problems.join('; ') : 'no problem reported'})`;
  });
  return new AppError(
    'timeout',
    `generation ${params.generation} of ${params.model} is decided, but after ${params.timeoutMs} ms these replicas don't serve it yet: ${told.join(', ')}`,
  );
};

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
    await sleep(POLL_MS * 5);
  }
};
