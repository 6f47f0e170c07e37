/** Lists by pages. */

/** Which part of a list is asked for. */
export interface PageAsk<Key> {
  /** What the last item of the page before is found by; null at the start. */
  readonly after: Key | null;
  /** At most so many. */
  readonly limit: number;
}
