/** Lists by pages. Pure. */

/** Which part of a list is asked for. */
export interface PageAsk<Key> {
  /** What the last item of the page before is found by; null at the start. */
  readonly after: Key | null;
  /** At most so many. */
  readonly limit: number;
}

/** What things that have no number are found by, newest first. */
export interface MomentKey {
  /** ISO 8601, as exact as the database keeps it: to the millisecond. */
  readonly at: string;
  readonly id: string;
}

export const momentKeyOf = ({ createdAt, id }: { createdAt: string; id: string }): MomentKey => ({ at: createdAt, id });
