/** Puts the images of a source into a landing zone, several at a time. Run again after a kill, it sends what isn't there yet. */
import { AppError, quarantineReasonSchema, type Split } from '@graft/contracts';
import { createHash } from 'node:crypto';
import { createGate } from './gate.js';
import { placeEntries, type PlacedEntry, type PlacedFile, type PlaceOptions } from './place-entries.js';
import type { Source, SourceRefusal } from './source.js';
import type { SourceSurvey } from './survey-source.js';

/** Enough to hide a round trip, few enough for a small server. */
const MAX_IN_FLIGHT = 16;
/** Of files that were read and not yet put: what this needs of memory. */
const MAX_BYTES_IN_FLIGHT = 128 * 1024 * 1024;

export interface LandingImage {
  readonly key: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  /** MD5 of the bytes, 32 hex digits: the ETag of an object that was put in one piece. */
  readonly md5: string;
}

/** Where images are put. */
export interface LandingTarget {
  /** `unchanged`: these bytes were there already. */
  put(image: LandingImage): Promise<'uploaded' | 'unchanged'>;
}

export interface LandingProgress {
  /** Files put, found there, or refused; of how many. */
  readonly files: number;
  readonly totalFiles: number;
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface LandedSource {
  readonly uploaded: number;
  readonly unchanged: number;
  /** How many files were refused, and rows of a manifest that come to none; each was told of. */
  readonly refused: number;
  /** How many of these are rows. */
  readonly refusedRows: number;
  /** Bytes that were sent. */
  readonly bytes: number;
  /** Labels of what is there now, in ascending order. */
  readonly labels: readonly string[];
  /** Splits that were fixed for what is there now, in ascending order. */
  readonly splits: readonly Split[];
}

/** A file that alone is to blame, as a refusal; null for any other error. */
const toRefusal = (path: string, thrown: unknown): SourceRefusal | null => {
  if (!(thrown instanceof AppError) || thrown.code !== 'image_unfit') return null;
  const reason = quarantineReasonSchema.safeParse(thrown.details['reason']);
  return reason.success ? { kind: 'refused', path, reason: reason.data, detail: thrown.message } : null;
};

interface Landing {
  readonly target: LandingTarget;
  readonly onRefused?: ((refusal: SourceRefusal) => void) | undefined;
  readonly onProgress?: ((progress: LandingProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Puts files that have their places.
 * @param total of the files, as far as it is known, for telling how far it is
 * @throws whatever the target or the entries throw, once all that is under way has ended; the signal's reason when it aborts.
 */
export const landEntries = async ({
  entries,
  total,
  target,
  onRefused = () => {},
  onProgress = () => {},
  signal,
}: Landing & {
  readonly entries: AsyncIterable<PlacedEntry> | Iterable<PlacedEntry>;
  readonly total: { readonly files: number; readonly bytes: number };
}): Promise<LandedSource> => {
  const gate = createGate({ maxItems: MAX_IN_FLIGHT, maxWeight: MAX_BYTES_IN_FLIGHT });
  const labels = new Set<string>();
  const splits = new Set<Split>();
  const counts = { uploaded: 0, unchanged: 0, refused: 0, refusedRows: 0, bytes: 0 };
  let seenBytes = 0;
  const advance = (bytes: number): void => {
    seenBytes += bytes;
    // What is refused for its name alone is not among the total.
    const files = Math.min(counts.uploaded + counts.unchanged + counts.refused, total.files);
    onProgress({ files, totalFiles: total.files, bytes: seenBytes, totalBytes: total.bytes });
  };
  const refuse = (refusal: SourceRefusal): void => {
    counts.refused += 1;
    if (refusal.isRow === true) counts.refusedRows += 1;
    onRefused(refusal);
  };

  const put = async ({ key, metadata, place }: PlacedFile, bytes: Uint8Array): Promise<void> => {
    const md5 = createHash('md5').update(bytes).digest('hex');
    const outcome = await target.put({ key, metadata, bytes, md5 });
    counts[outcome] += 1;
    if (outcome === 'uploaded') counts.bytes += bytes.byteLength;
    labels.add(place.label);
    if (place.split !== null) splits.add(place.split);
  };

  const land = async (placed: PlacedFile, reading: Promise<Uint8Array>): Promise<void> => {
    const { path, sizeBytes } = placed.file;
    let bytes: Uint8Array;
    try {
      bytes = await reading;
    } catch (thrown) {
      const refusal = toRefusal(path, thrown);
      if (refusal === null) throw thrown;
      refuse(refusal);
      return advance(sizeBytes);
    }
    await put(placed, bytes);
    advance(sizeBytes);
  };

  try {
    for await (const entry of entries) {
      signal?.throwIfAborted();
      if (entry.kind === 'refused') {
        refuse(entry);
        continue;
      }
      await gate.enter(entry.file.sizeBytes);
      const reading = entry.file.read();
      gate.run(entry.file.sizeBytes, land(entry, reading));
    }
  } finally {
    await gate.settled();
  }
  gate.throwIfFailed();
  return { ...counts, labels: [...labels].sort(), splits: [...splits].sort() };
};

/** Puts what a source has, by the places that a survey of it gives. */
export const landSource = ({
  source,
  survey,
  place,
  ...landing
}: Landing & {
  readonly source: Source;
  readonly survey: SourceSurvey;
  readonly place: PlaceOptions;
}): Promise<LandedSource> => landEntries({ ...landing, entries: placeEntries(source, survey, place), total: survey });
