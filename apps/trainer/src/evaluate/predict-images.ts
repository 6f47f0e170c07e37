/** What an exported artifact says of images, from their bytes on: the path that serving takes. */
import type { BlobStore, ManifestImage, Prediction, Preprocessing } from '@graft/contracts';
import { outputNamed, runImages, type Runtime } from '@graft/models';

export interface PredictImagesOptions {
  /** In the order that the predictions shall have. */
  readonly images: readonly ManifestImage[];
  readonly runtime: Pick<Runtime, 'run'>;
  readonly preprocessing: Preprocessing;
  readonly classes: number;
  readonly blobs: Pick<BlobStore, 'get'>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number) => void;
}

/** A float32 softmax may end a rounding step outside of 0–1. */
export const toShare = (value: number): number => Math.min(1, Math.max(0, value));

export const predictImages = async (options: PredictImagesOptions): Promise<Prediction[]> => {
  const { images, runtime, preprocessing, classes, blobs, signal, onProgress } = options;
  const predictions: Prediction[] = [];
  await runImages({
    images: images.map(({ sha256 }) => sha256),
    load: (sha256) => blobs.get(sha256),
    preprocessing,
    runtime,
    ...(signal ? { signal } : {}),
    onBatch: ({ outputs, offset, count }) => {
      const probabilities = outputNamed(outputs, 'probabilities');
      images.slice(offset, offset + count).forEach(({ sha256, label, source }, row) => {
        const ofImage = probabilities.subarray(row * classes, (row + 1) * classes);
        predictions.push({ sha256, label, source, probabilities: Array.from(ofImage, toShare) });
      });
      onProgress?.(offset + count);
    },
  });
  return predictions;
};
