/** What a training reads. */

/** Labelled examples, read in batches. */
export interface Examples {
  /** Class of each. */
  readonly labels: Int32Array;
  /** Of one example, in the training graph's layout: [height, width, channels] or [length]. */
  readonly shape: readonly number[];
  /**
   * Row-major float32 [rows.length, …shape]. `epoch` (from 1) decides the random view of each; null: the view that is
   * evaluated. The same arguments give the same numbers, in any process.
   */
  read(rows: readonly number[], epoch: number | null): Promise<Float32Array>;
}
