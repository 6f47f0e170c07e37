/** What an embedder in eight bits is of: two with the same identity could stand in for each other. */
import { canonicalJson, digestOfText, type Digest, type Embedder } from '@graft/contracts';

/**
 * All but the bytes: they depend on the images that calibrated it, which is why a pipeline keeps its first. `weightBits` is
 * among it, since a machine without VNNI must not run weights of 8 bits.
 */
export const embedderIdentity = (embedder: Omit<Embedder, 'onnxDigest'>): Digest => {
  const { schemaVersion, backbone, weightsDigest, cut, precision, weightBits, preprocessing } = embedder;
  return digestOfText(
    canonicalJson({ schemaVersion, backbone, weightsDigest, cut, precision, weightBits, preprocessing }),
  );
};
