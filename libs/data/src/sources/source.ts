/**
 * Where images come from, as one interface: a folder, an archive, the objects under a prefix. A source only lists and reads;
 * what its paths mean is layout.ts's, whether its bytes are an image is ingestion's.
 */
import type { QuarantineReason } from '@graft/contracts';
import { DEFAULT_IMAGE_LIMITS } from '../inspect/inspect-image.js';

/** A file that a source has. */
export interface SourceFile {
  readonly kind: 'file';
  /** Relative, with `/` between segments, in Unicode's composed form (NFC); as `parseEntryPath` passes it. */
  readonly path: string;
  /** As the source announces it: `read` never gives more. */
  readonly sizeBytes: number;
  /**
   * Reads it whole. Begin it before the next entry is asked for: some sources can only be read in order.
   * @throws AppError `image_unfit` where this file alone is the cause (too large, damaged, gone); others can still be read.
   */
  read(): Promise<Uint8Array>;
}

/** A folder that a source names by itself; it may hold nothing. */
export interface SourceFolder {
  readonly kind: 'folder';
  readonly path: string;
}

/** Something that isn't taken, and why. */
export interface SourceRefusal {
  readonly kind: 'refused';
  /** As it was found, as far as it can be shown. */
  readonly path: string;
  readonly reason: QuarantineReason;
  readonly detail: string;
  /** Where it is no file but a row of a manifest, whose path this is: it can't be used, or names what isn't there. */
  readonly isRow?: true;
}

export type SourceEntry = SourceFile | SourceFolder | SourceRefusal;

export interface Source {
  /** For messages: a path or an address. */
  readonly name: string;
  /**
   * All that it holds, as a stream; asked for again, from the beginning.
   * @throws AppError `image_unfit` with reason `archive_unfit` where the whole can't be read, or is larger than its limits;
   * `not_found`, `forbidden`, `unavailable` as what it lies on has it.
   */
  entries(): AsyncIterable<SourceEntry>;
  close(): Promise<void>;
}

export interface SourceLimits {
  /** Entries of an archive, folders and what is refused included. */
  readonly maxEntries: number;
  /** Of one file. */
  readonly maxEntryBytes: number;
  /** Of all files of an archive, inflated. */
  readonly maxTotalBytes: number;
  /** Bytes that an archive may inflate to for each byte that it has; images hardly shrink, so a real one is near 1. */
  readonly maxRatio: number;
}

const GIB = 1024 ** 3;

export const DEFAULT_SOURCE_LIMITS: SourceLimits = {
  maxEntries: 1_000_000,
  maxEntryBytes: DEFAULT_IMAGE_LIMITS.maxBytes,
  maxTotalBytes: 200 * GIB,
  maxRatio: 100,
};

/** What any archive may inflate to, whatever its own size. */
const RATIO_FREE_BYTES = 64 * 1024 ** 2;

/** How many bytes an archive of this size may inflate to in all. */
export const inflatedLimit = (archiveBytes: number, { maxTotalBytes, maxRatio }: SourceLimits): number =>
  Math.min(maxTotalBytes, Math.max(RATIO_FREE_BYTES, archiveBytes * maxRatio));
