/**
 * A digest of which nobody said what it is: where there is a JSON document under it, every digest in that counts as needed too. So a
 * kind of document that is added later keeps what it names, without being listed here.
 */
import type { Digest } from '@graft/contracts';
import type { Link } from './links.js';

const DIGEST = /^(?:sha256:)?([0-9a-f]{64})$/;

/** Keys of documents that name images or files: nothing has to be read to go on from there. */
const LEAVES: readonly string[] = ['sha256', 'pixelSha256', 'thumbnail', 'images', 'fixed', 'broken', 'onnxDigest'];

interface Named {
  readonly digest: Digest;
  readonly isLeaf: boolean;
}

/** Every digest in a JSON value; `key` is the property that the value stands under. */
function* digestsIn(value: unknown, key = ''): Generator<Named> {
  if (typeof value === 'string') {
    const digest = DIGEST.exec(value)?.[1];
    if (digest !== undefined) yield { digest, isLeaf: LEAVES.includes(key) };
  } else if (Array.isArray(value)) {
    for (const item of value) yield* digestsIn(item, key);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value)) yield* digestsIn(item, name);
  }
}

/** Links to what a JSON document names. @throws SyntaxError where it is none. */
export const linksInDocument = (bytes: Uint8Array, what: string): Link[] =>
  [...digestsIn(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))].map(({ digest, isLeaf }) =>
    isLeaf ? { digest, what: `named by ${what}` } : linkToAnything(digest, `named by ${what}`),
  );

/** @param what for a person: where the digest stands */
export const linkToAnything = (digest: Digest, what: string): Link => ({
  digest,
  what,
  isGuess: true,
  follow: (bytes) => linksInDocument(bytes, what),
});
