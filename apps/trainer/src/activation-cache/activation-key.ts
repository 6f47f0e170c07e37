/** Which activations may stand in for each other: all made by the same bytes, the same way, by kernels that round alike. */
import {
  activationKeySchema,
  toCanonicalDocument,
  type ActivationKey,
  type Digest,
  type Embedder,
} from '@graft/contracts';

/** What of this machine shows in the last bits of an activation. */
export interface EmbeddingMachine {
  readonly onnxruntimeVersion: string;
  readonly executionProvider: string;
  readonly cpuClass: string;
}

/**
 * Maps are large and rounded to float16 (a part in 2,048): what learns from them is a convolution, which averages that
 * out. Vectors are small and kept as they are.
 */
export const storageOf = ({ shape }: Pick<Embedder, 'shape'>): ActivationKey['storage'] =>
  shape === undefined ? 'float32' : 'float16';

/** The evaluation crop; other views would be augmentations. */
const CENTER_VIEW = 'center';

export const activationKeyOf = (embedder: Embedder, machine: EmbeddingMachine): ActivationKey => ({
  schemaVersion: 'activation-key.v1',
  onnxDigest: embedder.onnxDigest,
  preprocessing: embedder.preprocessing,
  cut: embedder.cut,
  view: CENTER_VIEW,
  storage: storageOf(embedder),
  onnxruntimeVersion: machine.onnxruntimeVersion,
  executionProvider: machine.executionProvider,
  cpuClass: machine.cpuClass,
});

export const activationKeyDigest = (key: ActivationKey): Digest => toCanonicalDocument(activationKeySchema, key).digest;
