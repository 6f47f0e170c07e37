/** An ONNX model in eight bits, calibrated on images of a dataset version. */
import { type ManifestImage, type Preprocessing } from '@graft/contracts';
import { decodeOnnx, encodeOnnx, quantizeModel, type QuantizedModel, type WeightBits } from '@graft/models';
import { defaultThreads, type TrainerDependencies } from '../dependencies.js';
import type { StageReporter } from '../stage-reporter.js';
import { calibrationImages } from './calibration-images.js';
import { weightBitsOf } from './weight-bits.js';

export interface QuantizedOnnx {
  readonly onnx: Uint8Array;
  readonly weightBits: WeightBits;
  /** What a run's list of stages shows. */
  readonly facts: {
    readonly method: QuantizedModel['method'];
    readonly error: number;
    readonly layersInFloat: number;
    readonly weightBits: WeightBits;
    readonly bytes: number;
    readonly share: number;
  };
}

/**
 * @param onnx in float32, with one input that `preprocessing` makes.
 * @throws AppError naming the image that can't be read; the signal's reason when it aborts.
 */
export const quantizeOnImages = async (
  onnx: Uint8Array,
  options: {
    readonly images: readonly ManifestImage[];
    readonly preprocessing: Preprocessing;
    readonly dependencies: Pick<TrainerDependencies, 'blobs' | 'machine'>;
    readonly reporter: StageReporter;
    readonly signal: AbortSignal;
  },
): Promise<QuantizedOnnx> => {
  const { images, preprocessing, dependencies, reporter, signal } = options;
  const { blobs, machine } = dependencies;
  const weightBits = weightBitsOf(machine.cpuClass);
  const samples = await calibrationImages(images, {
    blobs,
    preprocessing,
    signal,
    onProgress: (step, total) => reporter.progress({ step, total }),
  });
  const { model, method, error, inFloat } = await quantizeModel({
    model: decodeOnnx(onnx),
    ...samples,
    weightBits,
    runtime: { threads: defaultThreads() },
    signal,
  });
  const quantized = encodeOnnx(model);
  return {
    onnx: quantized,
    weightBits,
    facts: {
      method,
      error,
      layersInFloat: inFloat.length,
      weightBits,
      bytes: quantized.byteLength,
      share: quantized.byteLength / onnx.byteLength,
    },
  };
};
