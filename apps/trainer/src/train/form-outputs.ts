/** What a form of a model answers to images, one at a time, as a replica checks it. */
import type { BlobStore, Digest, Preprocessing } from '@graft/contracts';
import { loadOnnxModel, outputNamed, runImages } from '@graft/models';
import { defaultThreads } from '../dependencies.js';

export interface ImageOutputs {
  readonly sha256: Digest;
  readonly logits: Float32Array;
  readonly probabilities: Float32Array;
}

/** @throws AppError naming the image that can't be read; the signal's reason when it aborts. */
export const formOutputs = async (
  onnx: Uint8Array,
  options: {
    readonly images: readonly Digest[];
    readonly blobs: Pick<BlobStore, 'get'>;
    readonly preprocessing: Preprocessing;
    readonly signal: AbortSignal;
  },
): Promise<ImageOutputs[]> => {
  const { images, blobs, preprocessing, signal } = options;
  const runtime = await loadOnnxModel(onnx, { threads: defaultThreads() });
  const found: ImageOutputs[] = [];
  try {
    await runImages({
      images,
      load: (sha256) => blobs.get(sha256),
      preprocessing,
      runtime,
      batchSize: 1,
      signal,
      onBatch: ({ outputs, offset }) => {
        const [sha256] = images.slice(offset, offset + 1);
        if (sha256 === undefined) return;
        const logits = outputNamed(outputs, 'logits').slice();
        found.push({ sha256, logits, probabilities: outputNamed(outputs, 'probabilities').slice() });
      },
    });
  } finally {
    await runtime.dispose();
  }
  return found;
};
