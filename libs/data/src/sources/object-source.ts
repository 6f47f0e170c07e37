/** Objects under a prefix of a bucket. */
import { imageUnfit, AppError } from '@graft/contracts';
import { tooManyBytes } from './archive-unfit.js';
import { isIgnored, parseEntryPath, showName } from './entry-path.js';
import { DEFAULT_SOURCE_LIMITS, type Source, type SourceEntry, type SourceLimits } from './source.js';

/** What is needed of an object store (`ObjectStore` of @graft/artifacts is one). */
export interface ObjectReader {
  list(prefix: string): AsyncIterable<{ readonly key: string; readonly sizeBytes: number }>;
  /** @throws AppError `too_large`. */
  get(key: string, options?: { maxBytes?: number }): Promise<{ readonly bytes: Uint8Array } | null>;
}

/**
 * @param prefix a folder of the bucket, with or without the slash at its end; empty: all of it
 * @param name for messages
 */
export const createObjectSource = ({
  objects,
  prefix,
  name,
  limits = {},
}: {
  objects: ObjectReader;
  prefix: string;
  name: string;
  limits?: Partial<SourceLimits>;
}): Source => {
  const { maxEntryBytes } = { ...DEFAULT_SOURCE_LIMITS, ...limits };
  const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;

  const read = async (key: string, sizeBytes: number): Promise<Uint8Array> => {
    if (sizeBytes > maxEntryBytes) throw tooManyBytes(sizeBytes, maxEntryBytes);
    try {
      const object = await objects.get(key, { maxBytes: sizeBytes });
      if (object !== null) return object.bytes;
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'too_large') throw thrown;
      throw imageUnfit('unexpected_key', 'it was replaced by a larger one while it was read: try again', thrown);
    }
    throw imageUnfit('unexpected_key', 'it is gone');
  };

  async function* entries(): AsyncGenerator<SourceEntry> {
    for await (const { key, sizeBytes } of objects.list(folder)) {
      const raw = key.slice(folder.length);
      if (raw === '' || isIgnored(raw)) continue;
      const parsed = parseEntryPath(raw);
      if ('why' in parsed) {
        yield { kind: 'refused', path: showName(raw), reason: 'unexpected_key', detail: parsed.why };
      } else if (raw.endsWith('/')) {
        yield { kind: 'folder', path: parsed.path };
      } else {
        yield { kind: 'file', path: parsed.path, sizeBytes, read: () => read(key, sizeBytes) };
      }
    }
  }

  return { name, entries, close: async () => {} };
};
