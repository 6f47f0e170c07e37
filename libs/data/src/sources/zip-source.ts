/**
 * Files of a zip archive, zip64 included. The central directory is read entry by entry, never whole. Sizes that it announces are
 * upper bounds at most: bytes are counted as they inflate, and the checksum (which yauzl leaves to others) is compared.
 * Format: PKWARE APPNOTE 6.3.10.
 */
import { imageUnfit } from '@graft/contracts';
import { crc32 } from 'node:zlib';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { inflatesTooFar, toArchiveError, toEntryError, tooManyBytes, tooManyEntries } from './archive-unfit.js';
import { isRootName, parseEntryPath, showName } from './entry-path.js';
import { DEFAULT_SOURCE_LIMITS, inflatedLimit, type Source, type SourceEntry, type SourceLimits } from './source.js';
import { createBufferedReader } from './zip-reader.js';

const STORED = 0;
const DEFLATED = 8;
const UTF8_FLAG = 0x800;

/** Names that aren't marked as UTF-8 are code page 437 by the letter, and UTF-8 all the same where a Mac wrote them. */
const nameOf = (entry: Entry): string => {
  const flag = entry.generalPurposeBitFlag;
  const isUtf8 = (): boolean => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(entry.fileNameRaw);
      return true;
    } catch {
      return false;
    }
  };
  return yauzl.getFileNameLowLevel(isUtf8() ? flag | UTF8_FLAG : flag, entry.fileNameRaw, entry.extraFields, true);
};

const TYPE_MASK = 0o170000;
const PLAIN_TYPES = new Set([0, 0o100000, 0o040000]);

/** Why the bytes of an entry can't be had; null where they can. */
const whyUnreadable = (entry: Entry): string | null => {
  // The mode of whoever packed it under Unix; elsewhere the upper half is empty.
  if (!PLAIN_TYPES.has((entry.externalFileAttributes >>> 16) & TYPE_MASK))
    return 'it is a link or a device, not a file';
  if (entry.isEncrypted()) return 'it is encrypted';
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) {
    return `it is packed by method ${entry.compressionMethod}; stored and deflated are read`;
  }
  return null;
};

/** Counts what all entries of one pass inflate to. */
interface Budget {
  /** @throws AppError `image_unfit` (`archive_unfit`) once it is used up. */
  take(bytes: number): void;
}

const readEntry = async (zip: ZipFile, entry: Entry, budget: Budget): Promise<Uint8Array> => {
  try {
    const stream = await zip.openReadStreamPromise(entry);
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      budget.take(chunk.length);
      if (size > entry.uncompressedSize) break;
      chunks.push(chunk);
    }
    if (size !== entry.uncompressedSize) {
      throw new Error(`it has ${size > entry.uncompressedSize ? 'more' : 'fewer'} bytes than it says`);
    }
    const bytes = Buffer.concat(chunks, size);
    if (crc32(bytes) !== entry.crc32) throw new Error('its checksum is not that of its bytes');
    return new Uint8Array(bytes.buffer, bytes.byteOffset, size);
  } catch (thrown) {
    throw toEntryError(thrown);
  }
};

export interface ArchiveFile {
  /** Open for reading; whoever opened it closes it. */
  readonly fd: number;
  readonly sizeBytes: number;
  /** For messages. */
  readonly name: string;
  readonly limits?: Partial<SourceLimits>;
}

/** Entries can be read in any order, several at a time. */
export const createZipSource = ({ fd, sizeBytes, name, limits: given = {} }: ArchiveFile): Source => {
  const limits = { ...DEFAULT_SOURCE_LIMITS, ...given };

  /** Null for the archive's own root. */
  const toSourceEntry = (zip: ZipFile, entry: Entry, budget: Budget): SourceEntry | null => {
    const raw = nameOf(entry);
    if (raw.endsWith('/') && isRootName(raw)) return null;
    const parsed = parseEntryPath(raw);
    if ('why' in parsed) {
      return { kind: 'refused', path: showName(raw), reason: 'unexpected_key', detail: parsed.why };
    }
    const { path } = parsed;
    if (raw.endsWith('/')) return { kind: 'folder', path };
    const why = whyUnreadable(entry);
    if (why !== null) return { kind: 'refused', path, reason: 'archive_unfit', detail: why };
    return {
      kind: 'file',
      path,
      sizeBytes: entry.uncompressedSize,
      read: async () => {
        if (entry.uncompressedSize > limits.maxEntryBytes) {
          throw tooManyBytes(entry.uncompressedSize, limits.maxEntryBytes);
        }
        return readEntry(zip, entry, budget);
      },
    };
  };

  async function* entries(): AsyncGenerator<SourceEntry> {
    const allowed = inflatedLimit(sizeBytes, limits);
    let inflated = 0;
    const budget: Budget = {
      take: (bytes) => {
        inflated += bytes;
        if (inflated > allowed) throw inflatesTooFar(name, allowed);
      },
    };
    let packed = 0;
    try {
      const zip = await yauzl.fromRandomAccessReaderPromise(createBufferedReader(fd, sizeBytes), sizeBytes, {
        autoClose: false,
        // Names, sizes and checksums are checked here, one by one: yauzl gives up on the whole archive.
        decodeStrings: false,
        validateEntrySizes: false,
      });
      if (zip.entryCount > limits.maxEntries) throw tooManyEntries(name, limits.maxEntries);
      for await (const entry of zip.eachEntry()) {
        packed += entry.compressedSize;
        if (packed > sizeBytes) {
          throw imageUnfit('archive_unfit', `${name} has entries that overlap: it says more bytes than it has`);
        }
        const told = toSourceEntry(zip, entry, budget);
        if (told !== null) yield told;
      }
    } catch (thrown) {
      throw toArchiveError(thrown, name);
    }
  }

  return { name, entries, close: async () => {} };
};
