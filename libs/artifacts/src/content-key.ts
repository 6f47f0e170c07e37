import type { Digest } from '@graft/contracts';

/** `sha256/<first 2>/<digest>`: the two digits spread objects over prefixes. */
export const contentKey = (digest: Digest): string => `sha256/${digest.slice(0, 2)}/${digest}`;
