/**
 * Examples that are image files. Their random views are a function of (seed, epoch, image) alone: the same in any process
 * and in any order, so that a training that was interrupted sees what it would have seen.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { AppError, toAppError, type Preprocessing } from '@graft/contracts';
import { centerPixels } from '../preprocess/center-view.js';
import { recolourInto } from '../preprocess/colour.js';
import { normalizeInto } from '../preprocess/normalize.js';
import { inputLength } from '../preprocess/preprocess-image.js';
import { drawView, randomPixels, type Augment } from '../preprocess/random-view.js';
import { createRandom, type Random } from '../random.js';
import type { Examples } from './examples.js';

export interface ImageFile {
  /** Of the file's bytes: what its random views are drawn from, and its name in errors. */
  readonly sha256: string;
  readonly path: string;
}

export interface ImageExamplesOptions {
  readonly files: readonly ImageFile[];
  /** Class of each. */
  readonly labels: Int32Array;
  readonly preprocessing: Preprocessing;
  /** Null: every epoch sees the view that is evaluated. */
  readonly augment: Augment | null;
  readonly seed: number;
  /** Decoded pixels of the evaluated view that are kept in memory, bytes; default 1 GiB (7,000 images of 224²). */
  readonly keepBytes?: number;
}

const KEEP_BYTES = 2 ** 30;

/** A generator of one image's numbers in one epoch. */
const randomOf = (seed: number, epoch: number, sha256: string): Random =>
  createRandom(createHash('sha256').update(`${seed} ${epoch} ${sha256}`).digest().readUInt32LE());

/**
 * Decodes, cuts and resizes by libvips: all images of a batch at once. The evaluated view has exactly `preprocessImage`'s
 * numbers.
 * @throws AppError (from `read`) `image_unfit`, naming the image.
 */
export const imageExamples = (options: ImageExamplesOptions): Examples => {
  const { files, labels, preprocessing, augment, seed, keepBytes = KEEP_BYTES } = options;
  const length = inputLength(preprocessing);
  const kept = new Map<number, Uint8Array>();
  let room = Math.floor(keepBytes / length);

  const evaluatedPixels = async (row: number, { path }: ImageFile): Promise<Uint8Array> => {
    const known = kept.get(row);
    if (known !== undefined) return known;
    const pixels = await centerPixels(await readFile(path), preprocessing);
    if (room > 0 && !kept.has(row)) {
      room -= 1;
      kept.set(row, pixels);
    }
    return pixels;
  };

  const readImage = async (row: number, epoch: number | null, target: Float32Array, offset: number): Promise<void> => {
    const file = files[row];
    if (file === undefined) throw new AppError('internal', `there is no example ${row}, only ${files.length}`);
    try {
      if (epoch === null || augment === null) {
        const pixels = await evaluatedPixels(row, file);
        return normalizeInto(pixels, preprocessing, { layout: 'nhwc', target, offset });
      }
      const random = randomOf(seed, epoch, file.sha256);
      const bytes = await readFile(file.path);
      const { pixels, colour } = await randomPixels(bytes, preprocessing, (size) => drawView(random, size, augment));
      recolourInto(pixels, colour, preprocessing, { target, offset });
    } catch (thrown) {
      const { code, message, details } = toAppError(thrown);
      throw new AppError(code, `image ${file.sha256}: ${message}`, {
        details: { ...details, image: file.sha256 },
        cause: thrown,
      });
    }
  };

  const { inputSize } = preprocessing;
  return {
    labels,
    shape: [inputSize, inputSize, 3],
    read: async (rows, epoch) => {
      const values = new Float32Array(rows.length * length);
      await Promise.all(rows.map((row, index) => readImage(row, epoch, values, index * length)));
      return values;
    },
  };
};
