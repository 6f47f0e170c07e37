/** Eight bits calibrated on image files, for benches: what a run does with a dataset's images. */
import { readFile } from 'node:fs/promises';
import type { Preprocessing } from '@graft/contracts';
import { quantizeModel } from '@graft/models';
import type { InputBatch, OnnxModel, QuantizedModel } from '@graft/models';
import { detectCpuClass } from '@graft/platform';
import { defaultThreads } from './dependencies.js';
import { calibrationSplit, readInputBatches } from './quantize/calibration-images.js';
import { weightBitsOf } from './quantize/weight-bits.js';

/** The files' inputs float32 [rows, 3, inputSize, inputSize], in batches. */
export const readInputs = (files: readonly string[], preprocessing: Preprocessing): Promise<InputBatch[]> =>
  readInputBatches(files, { load: readFile, preprocessing });

/**
 * @param options.files at least two.
 * @param options.errorLimit as quantizeModel has it; Infinity leaves every layer in eight bits.
 * @throws AppError `image_unfit` when one of the files is no image.
 */
export const quantizeOnFiles = async (
  model: OnnxModel,
  options: {
    readonly files: readonly string[];
    readonly preprocessing: Preprocessing;
    readonly errorLimit?: number;
  },
): Promise<QuantizedModel & { readonly calibration: readonly InputBatch[] }> => {
  const { files, preprocessing, errorLimit } = options;
  const split = calibrationSplit(files.length);
  const calibration = await readInputs(files.slice(0, split), preprocessing);
  const quantized = await quantizeModel({
    model,
    calibration,
    measuring: await readInputs(files.slice(split), preprocessing),
    weightBits: weightBitsOf(detectCpuClass()),
    ...(errorLimit === undefined ? {} : { errorLimit }),
    runtime: { threads: defaultThreads() },
  });
  return { ...quantized, calibration };
};
