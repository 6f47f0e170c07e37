/**
 * An image file becomes a network's input. The one path for training, evaluation and serving: what is trained on is what
 * is served. libvips (through sharp) decodes and resizes; the arithmetic is the reference's (x − mean) / std on 0–255.
 */
import { AppError, type Preprocessing } from '@graft/contracts';
import { openCenterPixels } from './center-view.js';
import { normalizeInto } from './normalize.js';
import { CHANNELS } from '@graft/images';

export { MAX_INPUT_PIXELS } from './open-pixels.js';

/** Numbers in one preprocessed image: 3 · inputSize². */
export const inputLength = ({ inputSize }: Pick<Preprocessing, 'inputSize'>): number =>
  CHANNELS * inputSize * inputSize;

/** An image whose header was read. */
export interface OpenInput {
  /**
   * Writes its tensor, float32 [3, inputSize, inputSize], into `target` from `offset` on. Decoding begins at the call and goes on
   * while this thread is blocked; the numbers are written when the promise is awaited.
   * @throws AppError `image_unfit` with `details.reason`, one of the quarantine reasons.
   */
  decodeInto(target: Float32Array, offset: number): Promise<void>;
}

/**
 * The first half of `preprocessInto`, for those who decode one batch while another is computed.
 * @throws AppError `image_unfit` with `details.reason`, one of the quarantine reasons.
 */
export const openInput = async (bytes: Uint8Array, preprocessing: Preprocessing): Promise<OpenInput> => {
  const decode = await openCenterPixels(bytes, preprocessing);
  return {
    decodeInto: async (target, offset) => {
      const length = inputLength(preprocessing);
      if (offset < 0 || offset + length > target.length)
        throw new AppError('internal', `an image takes ${length} numbers; offset ${offset} leaves fewer`);
      normalizeInto(await decode(), preprocessing, { layout: 'nchw', target, offset });
    },
  };
};

/**
 * Writes one image's tensor, float32 [3, inputSize, inputSize], into `target` from `offset` on. The numbers depend on the
 * bytes and the preprocessing alone, however images are batched.
 * @throws AppError `image_unfit` with `details.reason`, one of the quarantine reasons.
 */
export const preprocessInto = async (
  bytes: Uint8Array,
  preprocessing: Preprocessing,
  target: Float32Array,
  offset: number,
): Promise<void> => (await openInput(bytes, preprocessing)).decodeInto(target, offset);

/** One image's tensor, float32 [3, inputSize, inputSize]. Throws as `preprocessInto` does. */
export const preprocessImage = async (bytes: Uint8Array, preprocessing: Preprocessing): Promise<Float32Array> => {
  const target = new Float32Array(inputLength(preprocessing));
  await preprocessInto(bytes, preprocessing, target, 0);
  return target;
};
