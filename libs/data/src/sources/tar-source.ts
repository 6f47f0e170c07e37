/**
 * Files of a tar archive, plain or gzipped: one pass from the beginning, in order. A tar's sizes are its framing, so one that lies
 * is an archive that can't be read; what follows gzip is counted as it inflates. Formats: POSIX.1-2017 pax, GNU tar, RFC 1952.
 */
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { AppError } from '@graft/contracts';
import { extract, type Header } from 'tar-stream';
import { inflatesTooFar, toArchiveError, toEntryError, tooManyBytes, tooManyEntries } from './archive-unfit.js';
import { isRootName, parseEntryPath, showName } from './entry-path.js';
import { streamFd } from './read-fd.js';
import { DEFAULT_SOURCE_LIMITS, inflatedLimit, type Source, type SourceEntry } from './source.js';
import type { ArchiveFile } from './zip-source.js';

/** What unpacking gives for each entry. */
interface TarEntry extends AsyncIterable<unknown> {
  readonly header: Header;
  /** Lets its bytes pass unread. */
  resume(): unknown;
}

const KINDS: Readonly<Record<string, string>> = {
  link: 'a hard link',
  symlink: 'a symbolic link',
  'character-device': 'a device',
  'block-device': 'a device',
  fifo: 'a pipe',
};

const readEntry = async (entry: TarEntry): Promise<Uint8Array> => {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  } catch (thrown) {
    throw toEntryError(thrown);
  }
};

/** Passes bytes on, up to a limit. */
const limitBytes = (maxBytes: number, name: string): Transform => {
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > maxBytes) done(inflatesTooFar(name, maxBytes));
      else done(null, chunk);
    },
  });
};

export const createTarSource = ({
  fd,
  sizeBytes,
  name,
  gzipped,
  limits: given = {},
}: ArchiveFile & { readonly gzipped: boolean }): Source => {
  const limits = { ...DEFAULT_SOURCE_LIMITS, ...given };

  /** Null for the archive's own root. `begun` is called with a reading that has to end before the next entry is asked for. */
  const toSourceEntry = (entry: TarEntry, begun: (reading: Promise<unknown>) => void): SourceEntry | null => {
    const { name: raw, type, size = 0 } = entry.header;
    if (type === 'directory' && isRootName(raw)) return null;
    const parsed = parseEntryPath(raw);
    if ('why' in parsed) {
      return { kind: 'refused', path: showName(raw), reason: 'unexpected_key', detail: parsed.why };
    }
    const { path } = parsed;
    if (type === 'directory') return { kind: 'folder', path };
    if (type !== 'file' && type !== 'contiguous-file') {
      const detail = `it is ${KINDS[String(type)] ?? 'an entry of an unknown kind'}, not a file`;
      return { kind: 'refused', path, reason: 'archive_unfit', detail };
    }
    return {
      kind: 'file',
      path,
      sizeBytes: size,
      read: async () => {
        if (size > limits.maxEntryBytes) throw tooManyBytes(size, limits.maxEntryBytes);
        const reading = readEntry(entry);
        begun(reading.catch(() => undefined));
        return reading;
      },
    };
  };

  async function* entries(): AsyncGenerator<SourceEntry> {
    const stopping = new AbortController();
    const bytes = streamFd(fd);
    const unpacked = extract();
    const feeding = (
      gzipped
        ? pipeline(bytes, createGunzip(), limitBytes(inflatedLimit(sizeBytes, limits), name), unpacked, stopping)
        : pipeline(bytes, unpacked, stopping)
    ).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    let count = 0;
    try {
      for await (const entry of unpacked) {
        count += 1;
        if (count > limits.maxEntries) throw tooManyEntries(name, limits.maxEntries);
        let reading: Promise<unknown> | null = null;
        const told = toSourceEntry(entry, (begun) => (reading = begun));
        if (told !== null) yield told;
        if (reading === null) entry.resume();
        else await reading;
      }
      const failure = await feeding;
      if (failure !== null) throw failure;
    } catch (thrown) {
      stopping.abort();
      const failure = await feeding;
      // Unpacking that fails may only say that what feeds it did: that one's error tells more.
      throw toArchiveError(thrown instanceof AppError ? thrown : (failure ?? thrown), name);
    } finally {
      stopping.abort();
    }
  }

  return { name, entries, close: async () => {} };
};
