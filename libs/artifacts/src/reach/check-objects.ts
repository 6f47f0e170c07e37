/** Reads every object that some links reach, and tells what is missing or isn't what its digest says. */
import { AppError, type BlobStore, type Digest } from '@graft/contracts';
import type { Link } from './links.js';
import { walkLinks } from './walk.js';

export interface ObjectProblem {
  readonly digest: Digest;
  /** For a person: what the object is. */
  readonly what: string;
  readonly problem: 'missing' | 'corrupt' | 'unreadable';
  readonly detail: string;
}

export interface ObjectCheck {
  readonly objects: number;
  readonly bytes: number;
  readonly problems: readonly ObjectProblem[];
}

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** @throws AppError `unavailable` and the like: a store that doesn't answer is no finding. */
export const checkObjects = async (
  blobs: Pick<BlobStore, 'get'>,
  from: Iterable<Link>,
  onProgress?: (done: number, known: number) => void,
): Promise<ObjectCheck> => {
  const problems: ObjectProblem[] = [];
  let bytes = 0;
  const objects = await walkLinks(from, {
    visit: async ({ digest, what }) => {
      try {
        const found = await blobs.get(digest);
        bytes += found.length;
        return found;
      } catch (thrown) {
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
  return { objects, bytes, problems: problems.sort((a, b) => (a.what < b.what ? -1 : 1)) };
};
