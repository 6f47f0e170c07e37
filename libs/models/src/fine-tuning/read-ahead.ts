/** Reads that run beside a blocking step. */

export interface Reading<T> {
  /** What was read; @throws what the read threw. */
  result(): Promise<T>;
  /** Waits until it is over, however it ends. */
  settled(): Promise<void>;
}

/**
 * Starts a read now, whose result is asked for later. A failure that nobody asks for any more is nobody's: the training has
 * ended by then.
 */
export const startReading = <T>(read: () => Promise<T>): Reading<T> => {
  const reading = read();
  const settled = reading.then(
    () => undefined,
    () => undefined,
  );
  return { result: () => reading, settled: () => settled };
};
