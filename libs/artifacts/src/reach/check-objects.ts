/** Reads every object that some links reach, and tells what is missing or isn't what its digest says. */
import { AppError, erasureOf, type BlobStore, type Digest } from '@graft/contracts';
import type { Link } from './links.js';
import { walkLinks } from './walk.js';

export interface ObjectProblem {
  readonly digest: Digest;
  /** For a person: what the object is. */
  readonly what: string;
  readonly problem: 'missing' | 'corrupt' | 'unreadable';
  readonly detail: string;
}

/** What isn't there since somebody had it erased: no problem, and told. */
export interface ErasedObject {
  readonly digest: Digest;
  readonly what: string;
  readonly by: string;
  readonly at: string;
  readonly reason: string;
}

export interface ObjectCheck {
  readonly objects: number;
  readonly bytes: number;
  readonly problems: readonly ObjectProblem[];
  readonly erased: readonly ErasedObject[];
}

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** @throws AppError `unavailable` and the like: a store that doesn't answer is no finding. */
export const checkObjects = async (
  blobs: Pick<BlobStore, 'get'>,
  from: Iterable<Link>,
  onProgress?: (done: number, known: number) => void,
): Promise<ObjectCheck> => {
  const problems: ObjectProblem[] = [];
  const erased: ErasedObject[] = [];
  let bytes = 0;
  const objects = await walkLinks(from, {
    visit: async ({ digest, what }) => {
      try {
        const found = await blobs.get(digest);
        bytes += found.length;
        return found;
      } catch (thrown) {
        const erasure = erasureOf(thrown);
        if (erasure !== null) {
          erased.push({ digest, what, by: erasure.by, at: erasure.at, reason: erasure.reason });
          return null;
        }
        if (!(thrown instanceof AppError) || (thrown.code !== 'not_found' && thrown.code !== 'corrupt')) throw thrown;
        problems.push({
          ...{ digest, what, detail: thrown.message },
          problem: thrown.code === 'not_found' ? 'missing' : 'corrupt',
        });
        return null;
      }
    },
    onUnreadable: ({ digest, what }, cause) =>
      problems.push({ digest, what, problem: 'unreadable', detail: messageOf(cause) }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  const byWhat = (a: { what: string }, b: { what: string }): number => (a.what < b.what ? -1 : 1);
  return { objects, bytes, problems: problems.sort(byWhat), erased: erased.sort(byWhat) };
};
