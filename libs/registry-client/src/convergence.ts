/** Waiting for what was decided to be true on every replica. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, isNewer, type Position, type Replica } from '@graft/contracts';
import type { Registry } from './registry.js';

const POLL_MS = 20;

export interface Convergence {
  readonly replicas: number;
  /** Milliseconds from the call until the last live replica had acknowledged. */
  readonly waitedMs: number;
}

export interface AwaitedGeneration extends Position {
  readonly model: string;
  readonly environment: string;
  readonly timeoutMs: number;
  /** Ends when it is worth looking again; default: after 20 ms. */
  readonly pause?: () => Promise<unknown>;
}

/** Whether a replica serves what was decided there, or something newer. */
export const hasReached = (replica: Replica, model: string, wanted: Position): boolean =>
  replica.serving.some((serving) => serving.model === model && !isNewer(wanted, serving));

const laggingError = (lagging: readonly Replica[], { model, generation, timeoutMs }: AwaitedGeneration): AppError => {
  const told = lagging.map((replica) => {
    const problems = replica.problems.filter((one) => one.model === model).map(({ message }) => message);
    return `${replica.id} (${problems.length > 0 ? problems.join('; ') : 'no problem reported'})`;
  });
  return new AppError(
    'timeout',
    `generation ${generation} of ${model} is decided, but after ${timeoutMs} ms these replicas don't serve it yet: ${told.join(', ')}`,
  );
};

/**
 * Waits until every replica with a live lease serves this generation or a newer one.
 * @throws AppError `timeout` naming the replicas that lag and their problems.
 */
export const awaitGeneration = async (
  registry: Pick<Registry, 'listReplicas'>,
  awaited: AwaitedGeneration,
): Promise<Convergence> => {
  const { model, environment, timeoutMs, pause = () => sleep(POLL_MS) } = awaited;
  const startedAt = performance.now();
  for (;;) {
    const replicas = await registry.listReplicas({ environment, live: true });
    const lagging = replicas.filter((replica) => !hasReached(replica, model, awaited));
    const waitedMs = performance.now() - startedAt;
    if (lagging.length === 0) return { replicas: replicas.length, waitedMs };
    if (waitedMs > timeoutMs) throw laggingError(lagging, awaited);
    await pause();
  }
};
