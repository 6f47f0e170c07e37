/** What every bench is: a name, and a run that measures and judges. */
import type { OnProgress } from '../system/cache-entry.js';
import type { BenchReport } from './report.js';

export interface BenchOptions {
  /** Timed rounds, at least 9. */
  readonly rounds: number;
  readonly warmUp: number;
  /** Images (or requests, or steps) a round. */
  readonly images: number;
  /** The data to run on; each bench has its own default. */
  readonly data?: string;
  readonly cacheDir: string;
  readonly onProgress: OnProgress;
}

export const DEFAULT_IMAGES = 128;

export interface Bench {
  readonly name: string;
  readonly description: string;
  /** Images a round unless told; default 128. */
  readonly images?: number;
  run(options: BenchOptions): Promise<BenchReport>;
}
