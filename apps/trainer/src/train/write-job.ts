/** Puts everything that a training process needs into its folder. Streams: a dataset need not fit the memory. */
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, type BlobStore, type Digest, type ManifestImage } from '@graft/contracts';
import pLimit from 'p-limit';
import type { ActivationSource } from '../activation-cache/activation-source.js';
import { JOB_FILES, type JobExamples, type TrainingJob } from './training-protocol.js';

/** Images that are fetched at the same time. */
const FETCH_CONCURRENCY = 8;

/** An image with the index of its label. */
export interface LabelledImage {
  readonly sha256: Digest;
  readonly label: number;
}

/** @throws AppError `internal` for a label that the dataset version doesn't list. */
export const withLabelIndices = (images: readonly ManifestImage[], labels: readonly string[]): LabelledImage[] => {
  const indexOf = new Map(labels.map((label, index) => [label, index]));
  return images.map(({ sha256, label }) => {
    const index = indexOf.get(label);
    if (index !== undefined) return { sha256, label: index };
    throw new AppError('internal', `image ${sha256} has the label "${label}", which its dataset version does not list`);
  });
};

const labelsOf = (images: readonly LabelledImage[]): number[] => images.map(({ label }) => label);

/** Writes the cached activations of images as rows of one file, in their order. Answers the shards that they came from, too. */
export const writeActivations = async (options: {
  readonly folder: string;
  /** Of the file, in the folder. */
  readonly file: string;
  readonly images: readonly LabelledImage[];
  readonly source: Pick<ActivationSource, 'readRows' | 'storage'>;
  /** Of one row: [channels, height, width] or [length]. */
  readonly shape: readonly number[];
}): Promise<{ examples: JobExamples; shards: ReadonlySet<Digest> }> => {
  const { folder, file, images, source, shape } = options;
  const handle = await open(join(folder, file), 'w');
  try {
    const shards = await source.readRows(
      images.map(({ sha256 }) => sha256),
      async (index, values) => {
        const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
        await handle.write(bytes, 0, bytes.byteLength, index * bytes.byteLength);
      },
    );
    const { storage } = source;
    return { examples: { kind: 'activations', file, shape: [...shape], storage, labels: labelsOf(images) }, shards };
  } finally {
    await handle.close();
  }
};

/** Writes float32 activations that were just computed. */
export const writeFreshActivations = async (options: {
  readonly folder: string;
  readonly file: string;
  readonly images: readonly LabelledImage[];
  /** Row-major [images, …shape]. */
  readonly values: Float32Array;
  readonly shape: readonly number[];
}): Promise<JobExamples> => {
  const { folder, file, images, values, shape } = options;
  await writeFile(join(folder, file), new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return { kind: 'activations', file, shape: [...shape], storage: 'float32', labels: labelsOf(images) };
};

/** Copies images out of the content store, each once, whose digest is checked on the way. */
export const writeImages = async (options: {
  readonly folder: string;
  readonly images: readonly LabelledImage[];
  readonly blobs: Pick<BlobStore, 'get'>;
  readonly signal: AbortSignal;
}): Promise<JobExamples> => {
  const { folder, images, blobs, signal } = options;
  await mkdir(join(folder, JOB_FILES.images), { recursive: true });
  const limit = pLimit(FETCH_CONCURRENCY);
  await Promise.all(
    [...new Set(images.map(({ sha256 }) => sha256))].map((sha256) =>
      limit(async () => {
        signal.throwIfAborted();
        await writeFile(join(folder, JOB_FILES.images, sha256), await blobs.get(sha256));
      }),
    ),
  );
  return { kind: 'images', images: images.map(({ sha256 }) => sha256), labels: labelsOf(images) };
};

/** The job itself, last: what it names is there. */
export const writeJob = (folder: string, job: TrainingJob): Promise<void> =>
  writeFile(join(folder, JOB_FILES.job), JSON.stringify(job));
