/** The Pareto front of accuracy (up), latency and size (down). */

export interface Tradeoff {
  readonly candidate: string;
  readonly accuracy: number;
  /** Milliseconds. */
  readonly p50Ms: number;
  readonly sizeBytes: number;
  /** Whether the accuracy was measured; one that was only taken from elsewhere pushes nothing off the front. Default true. */
  readonly isMeasured?: boolean;
}

export interface FrontPlace {
  readonly candidate: string;
  readonly onFront: boolean;
  /** The most accurate of those that dominate it (of several the fastest, then the smallest); null on the front. */
  readonly dominatedBy: string | null;
}

const dominates = (one: Tradeoff, other: Tradeoff): boolean =>
  one.isMeasured !== false &&
  one.accuracy >= other.accuracy &&
  one.p50Ms <= other.p50Ms &&
  one.sizeBytes <= other.sizeBytes &&
  (one.accuracy > other.accuracy || one.p50Ms < other.p50Ms || one.sizeBytes < other.sizeBytes);

/**
 * Where each stands, in the order given. One dominates another where it is at least as accurate, fast and small, and better in
 * one of them; those that are the same in all three stand together. What the numbers are uncertain by is not looked at here.
 */
export const paretoFront = (tradeoffs: readonly Tradeoff[]): FrontPlace[] =>
  tradeoffs.map((one) => {
    const [best] = tradeoffs
      .filter((other) => dominates(other, one))
      .sort((a, b) => b.accuracy - a.accuracy || a.p50Ms - b.p50Ms || a.sizeBytes - b.sizeBytes);
    return { candidate: one.candidate, onFront: best === undefined, dominatedBy: best?.candidate ?? null };
  });
