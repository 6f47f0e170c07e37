/** Computes activations of images: bytes from the content store, preprocessing, and the frozen network. */
import { AppError, type BlobStore, type Digest, type Embedder, type FeatureMatrix } from '@graft/contracts';
import { runImages, type Runtime } from '@graft/models';

export interface EmbedImagesOptions {
  readonly images: readonly Digest[];
  readonly embedder: Embedder;
  readonly runtime: Pick<Runtime, 'run'>;
  readonly blobs: Pick<BlobStore, 'get'>;
  readonly signal?: AbortSignal;
  /** How many of the images are done. */
  readonly onProgress?: (done: number) => void;
}

/** The one output of an embedder, whatever it is called. */
const onlyOutput = (outputs: Readonly<Record<string, Float32Array>>, expectedLength: number): Float32Array => {
  const [values, ...others] = Object.values(outputs);
  if (values === undefined || others.length > 0 || values.length !== expectedLength) {
    throw new AppError(
      'internal',
      `expected one embedder output of ${expectedLength} numbers, got ${Object.entries(outputs)
        .map(([name, { length }]) => `${name} of ${length}`)
        .join(', ')}`,
    );
  }
  return values;
};

/** Activations float32 [images, featureLength], rows in the order asked. */
export const embedImages = async (options: EmbedImagesOptions): Promise<FeatureMatrix> => {
  const { images, embedder, runtime, blobs, signal, onProgress } = options;
  const length = embedder.featureLength;
  const values = new Float32Array(images.length * length);
  await runImages({
    images,
    load: (sha256) => blobs.get(sha256),
    preprocessing: embedder.preprocessing,
    runtime,
    ...(signal ? { signal } : {}),
    onBatch: ({ outputs, offset, count }) => {
      values.set(onlyOutput(outputs, count * length), offset * length);
      onProgress?.(offset + count);
    },
  });
  return { digests: images, values, length };
};
