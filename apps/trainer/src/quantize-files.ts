/** Eight bits calibrated on image files, for benches: what a run does with a dataset's images. */
import { readFile } from 'node:fs/promises';
import type { Preprocessing } from '@graft/contracts';
import { DEFAULT_BATCH_SIZE, inputLength, preprocessInto, quantizeModel } from '@graft/models';
import type { InputBatch, OnnxModel, QuantizedModel } from '@graft/models';
import { detectCpuClass } from '@graft/platform';
import { defaultThreads } from './dependencies.js';
import { weightBitsOf } from './quantize/weight-bits.js';

/** Of the files: the others measure what a choice costs. As many as a run has of each. */
const CALIBRATING = 2 / 3;

/** The files' inputs float32 [rows, 3, inputSize, inputSize], in batches. */
export const readInputs = async (
  files: readonly string[],
  preprocessing: Preprocessing,
): Promise<readonly InputBatch[]> => {
  const length = inputLength(preprocessing);
  const batches: InputBatch[] = [];
  for (let offset = 0; offset < files.length; offset += DEFAULT_BATCH_SIZE) {
    const paths = files.slice(offset, offset + DEFAULT_BATCH_SIZE);
    const values = new Float32Array(paths.length * length);
    await Promise.all(
      paths.map(async (path, row) => preprocessInto(await readFile(path), preprocessing, values, row * length)),
    );
    batches.push({ values, rows: paths.length });
  }
  return batches;
};

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
  const split = Math.max(1, Math.round(files.length * CALIBRATING));
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
