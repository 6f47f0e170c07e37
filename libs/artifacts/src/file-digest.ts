/** Digests of what is too large for memory. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Digest } from '@graft/contracts';

/** The sha256 of a file's bytes, which are read piece by piece. */
export const digestOfFile = async (path: string): Promise<Digest> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
};

export interface DigestingStream {
  /** Lets bytes through as they are. */
  readonly stream: Transform;
  /** Once the stream has ended: the sha256 of what went through, and how much it was. */
  readonly told: () => { readonly sha256: Digest; readonly sizeBytes: number };
}

export const createDigestingStream = (): DigestingStream => {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const stream = new Transform({
    transform: (piece: Buffer, _encoding, done) => {
      hash.update(piece);
      sizeBytes += piece.length;
      done(null, piece);
    },
  });
  return { stream, told: () => ({ sha256: hash.digest('hex'), sizeBytes }) };
};
