/** A set of texts that takes the same room for a text of any length: a hostile archive has a million names of 1,024 bytes. */
import { createHash } from 'node:crypto';

export interface DigestSet {
  /** False where it has the text already. */
  add(text: string): boolean;
}

/** 128 bits of a sha256 stand for each text. */
export const createDigestSet = (): DigestSet => {
  const digests = new Set<string>();
  return {
    add: (text) => {
      const digest = createHash('sha256').update(text).digest().toString('latin1', 0, 16);
      if (digests.has(digest)) return false;
      digests.add(digest);
      return true;
    },
  };
};
