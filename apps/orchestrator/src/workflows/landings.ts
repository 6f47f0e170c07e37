/** What a watcher knows of landings that no ingestion has taken yet. */
import type { LandedHint } from '@graft/contracts';

export interface LandingPolicy {
  readonly quietSeconds: number;
  /** Null: as long as it takes. */
  readonly maxWaitSeconds: number | null;
}

export class Landings {
  #signals: number;
  #firstMs: number | null;
  #lastMs = 0;
  #fingerprint: string | null = null;
  #isUrgent: boolean;

  constructor({
    signals,
    firstMs,
    nowMs,
    urgent = false,
  }: {
    signals: number;
    firstMs: number | null;
    nowMs: number;
    urgent?: boolean;
  }) {
    this.#isUrgent = urgent;
    this.#signals = signals;
    this.#firstMs = signals > 0 ? (firstMs ?? nowMs) : null;
    this.#lastMs = nowMs;
  }

  /** Signals that no ingestion has taken. */
  get signals(): number {
    return this.#signals;
  }

  get firstMs(): number | null {
    return this.#firstMs;
  }

  /** Whether somebody asked to wait for nothing. */
  get isUrgent(): boolean {
    return this.#isUrgent;
  }

  /** A listing that was told before prolongs nothing: else a reconciler quicker than the quiet time would prolong it for ever. */
  note(hint: LandedHint | undefined, nowMs: number): void {
    if (hint?.urgent) this.#isUrgent = true;
    const fingerprint = hint?.fingerprint ?? null;
    if (this.#signals > 0 && fingerprint !== null && fingerprint === this.#fingerprint) return;
    this.#fingerprint = fingerprint ?? this.#fingerprint;
    this.#signals += 1;
    this.#firstMs ??= nowMs;
    this.#lastMs = nowMs;
  }

  /** Hands everything seen so far to an ingestion that begins now. */
  take(): void {
    this.#signals = 0;
    this.#isUrgent = false;
    this.#firstMs = null;
  }

  /** When the longest wait ends. */
  deadlineMs({ maxWaitSeconds }: LandingPolicy): number {
    return maxWaitSeconds === null ? Infinity : (this.#firstMs ?? this.#lastMs) + maxWaitSeconds * 1000;
  }

  /** When it has been quiet for long enough, or has waited long enough. */
  settledMs(policy: LandingPolicy): number {
    return Math.min(this.#lastMs + policy.quietSeconds * 1000, this.deadlineMs(policy));
  }
}
