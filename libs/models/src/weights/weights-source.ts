/** What a place that weights come from must do. */

/** Bytes so far, and how many there will be, where that is known. */
export interface DownloadProgress {
  readonly receivedBytes: number;
  readonly totalBytes: number | null;
}

/** Objects of S3, for references to them. */
export interface ObjectReader {
  /** @throws AppError `not_found` where there is no such object. */
  read(bucket: string, key: string): Promise<NodeJS.ReadableStream | Uint8Array>;
}

export interface FetchContext {
  /** An empty folder of this download's own, gone afterwards. */
  readonly folder: string;
  /** For messages: the reference without what may be a secret. */
  readonly reference: string;
  readonly onProgress: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
}

export interface FetchedWeights {
  /** In the context's folder. */
  readonly path: string;
  /** What the place itself says that the file's sha256 is. */
  readonly statedDigest?: string;
  /** The commit that the file is of. */
  readonly revision?: string;
}

export interface WeightsSource {
  /** The same for every way to write the same reference. */
  readonly identity: string;
  /** What the cached file's name ends in. */
  readonly fileName: string;
  /** Whether the reference can only ever mean the same bytes. */
  readonly isImmutable: boolean;
  fetch(context: FetchContext): Promise<FetchedWeights>;
}

/** The largest published backbones are about 2 GB. */
export const MAX_WEIGHTS_BYTES = 4_000_000_000;
