/** Goes from link to link through the content store, to each object once. */
import type { Digest } from '@graft/contracts';
import pLimit from 'p-limit';
import type { Link } from './links.js';

const CONCURRENCY = 8;

export interface Walk {
  /** What to do at an object; the bytes, where they were read, are followed. Null: nothing to follow. */
  readonly visit: (link: Link) => Promise<Uint8Array | null>;
  /** Where what was read isn't the document that it should be. */
  readonly onUnreadable: (link: Link, cause: unknown) => void;
  readonly onProgress?: (done: number, known: number) => void;
}

/**
 * Visits everything that some links reach, breadth first, several objects at a time. An object that two reach is visited once, for the
 * first that did; one of them that follows it is enough.
 * @returns how many objects were visited
 */
export const walkLinks = async (from: Iterable<Link>, { visit, onUnreadable, onProgress }: Walk): Promise<number> => {
  const limit = pLimit(CONCURRENCY);
  const seen = new Set<Digest>();
  let done = 0;
  let layer = [...from];
  while (layer.length > 0) {
    // A document first under the name by which it is followed.
    const links = [...layer].sort((a, b) => Number(a.follow === undefined) - Number(b.follow === undefined));
    const fresh = links.filter(({ digest }) => !seen.has(digest) && seen.add(digest));
    const found = await Promise.all(
      fresh.map((link) =>
        limit(async (): Promise<readonly Link[]> => {
          const bytes = await visit(link);
          done += 1;
          onProgress?.(done, seen.size);
          if (bytes === null || link.follow === undefined) return [];
          try {
            return link.follow(bytes);
          } catch (cause) {
            onUnreadable(link, cause);
            return [];
          }
        }),
      ),
    );
    layer = found.flat();
  }
  return done;
};
