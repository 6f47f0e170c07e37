/** The Idempotency-Key under which a request acts, known to its transactions without being handed through every call. */
import { AsyncLocalStorage } from 'node:async_hooks';

/** One try of what a key stands for. */
export interface Claim {
  readonly principal: string;
  readonly key: string;
  /** A UUID; another try has another. */
  readonly attempt: string;
}

const claims = new AsyncLocalStorage<Claim>();

/** Runs a function, and all that it starts, under a claim. */
export const underClaim = <T>(claim: Claim, act: () => T): T => claims.run(claim, act);
export const presentClaim = (): Claim | undefined => claims.getStore();
