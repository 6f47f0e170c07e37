/** The training images that eight bits are calibrated on, and others to measure what that costs. */
import type { BlobStore, ManifestImage, Preprocessing } from '@graft/contracts';
import { inputLength, preprocessInto, spreadSample, type InputBatch } from '@graft/models';
import { imagesOfSplit } from '../dataset-images.js';

/** Ranges settle within some dozens of images (Krishnamoorthi 2018, arXiv:1806.08342, section 2.1: about 100 mini-batches at most). */
const CALIBRATION_IMAGES = 64;
const MEASURING_IMAGES = 32;
/** A sample's own seed: another training of the same images calibrates alike. */
const SAMPLE_SEED = 0;
/** Calibration keeps the activations of all layers of a batch: 8 images of 224², and as much of larger ones. */
const BATCH_PIXELS = 8 * 224 * 224;

/** The inputs of images, float32 [rows, 3, inputSize, inputSize], in batches that calibration has memory for. */
export const readInputBatches = async (
  images: readonly string[],
  options: {
    readonly load: (image: string) => Promise<Uint8Array>;
    readonly preprocessing: Preprocessing;
    readonly signal?: AbortSignal;
    /** Told after each batch how many images it held. */
    readonly onBatch?: (rows: number) => void;
  },
): Promise<InputBatch[]> => {
  const { load, preprocessing, signal, onBatch } = options;
  const length = inputLength(preprocessing);
  const most = Math.max(1, Math.floor(BATCH_PIXELS / preprocessing.inputSize ** 2));
  const batches: InputBatch[] = [];
  for (let offset = 0; offset < images.length; offset += most) {
    signal?.throwIfAborted();
    const batch = images.slice(offset, offset + most);
    const values = new Float32Array(batch.length * length);
    await Promise.all(
      batch.map(async (image, row) => preprocessInto(await load(image), preprocessing, values, row * length)),
    );
    batches.push({ values, rows: batch.length });
    onBatch?.(batch.length);
  }
  return batches;
};

/** Where a sample is divided: what comes before calibrates, the rest measures. */
export const calibrationSplit = (images: number): number =>
  Math.max(1, Math.round((images * CALIBRATION_IMAGES) / (CALIBRATION_IMAGES + MEASURING_IMAGES)));

export interface CalibrationImages {
  readonly calibration: readonly InputBatch[];
  readonly measuring: readonly InputBatch[];
}

/**
 * A sample of the training split, spread over the labels: two thirds calibrate, the rest measures. Where there are too few
 * images for both, one image at least is in each, the only one in both.
 */
export const calibrationImages = async (
  images: readonly ManifestImage[],
  options: {
    readonly blobs: Pick<BlobStore, 'get'>;
    readonly preprocessing: Preprocessing;
    readonly signal: AbortSignal;
    /** Images read so far, and how many there will be. */
    readonly onProgress: (done: number, total: number) => void;
  },
): Promise<CalibrationImages> => {
  const { blobs, preprocessing, signal, onProgress } = options;
  const sample = spreadSample(imagesOfSplit(images, 'train'), {
    labelOf: ({ label }) => label,
    limit: CALIBRATION_IMAGES + MEASURING_IMAGES,
    seed: SAMPLE_SEED,
  });
  let done = 0;
  const read = (part: readonly ManifestImage[]): Promise<InputBatch[]> =>
    readInputBatches(
      part.map(({ sha256 }) => sha256),
      {
        load: (sha256) => blobs.get(sha256),
        preprocessing,
        signal,
        onBatch: (rows) => onProgress((done += rows), sample.length),
      },
    );
  const split = calibrationSplit(sample.length);
  const [calibrating, measured] = [sample.slice(0, split), sample.slice(split)];
  return {
    calibration: await read(calibrating),
    measuring: await read(measured.length > 0 ? measured : calibrating.slice(0, 1)),
  };
};
