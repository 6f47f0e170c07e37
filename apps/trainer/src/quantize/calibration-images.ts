/** The training images that eight bits are calibrated on, and others to measure what that costs. */
import type { BlobStore, ManifestImage, Preprocessing } from '@graft/contracts';
import { inputLength, preprocessImage, spreadSample, type InputBatch } from '@graft/models';
import { imagesOfSplit } from '../dataset-images.js';

/** Ranges settle within some dozens of images (Krishnamoorthi 2018, arXiv:1806.08342, section 2.1: about 100 mini-batches at most). */
const CALIBRATION_IMAGES = 64;
const MEASURING_IMAGES = 32;
/** A sample's own seed: another training of the same images calibrates alike. */
const SAMPLE_SEED = 0;
/** Calibration keeps the activations of all layers of a batch: 8 images of 224², and as much of larger ones. */
const BATCH_PIXELS = 8 * 224 * 224;

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
  const length = inputLength(preprocessing);
  const rows = Math.max(1, Math.floor(BATCH_PIXELS / preprocessing.inputSize ** 2));
  let done = 0;
  const read = async (part: readonly ManifestImage[]): Promise<InputBatch[]> => {
    const batches: InputBatch[] = [];
    for (let offset = 0; offset < part.length; offset += rows) {
      signal.throwIfAborted();
      const batch = part.slice(offset, offset + rows);
      const inputs = await Promise.all(
        batch.map(async ({ sha256 }) => preprocessImage(await blobs.get(sha256), preprocessing)),
      );
      const values = new Float32Array(batch.length * length);
      inputs.forEach((input, row) => values.set(input, row * length));
      batches.push({ values, rows: batch.length });
      done += batch.length;
      onProgress(done, sample.length);
    }
    return batches;
  };
  const split = Math.max(1, Math.round((sample.length * CALIBRATION_IMAGES) / (CALIBRATION_IMAGES + MEASURING_IMAGES)));
  const [calibrating, measured] = [sample.slice(0, split), sample.slice(split)];
  return {
    calibration: await read(calibrating),
    measuring: await read(measured.length > 0 ? measured : calibrating.slice(0, 1)),
  };
};
