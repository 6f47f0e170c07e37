/** The Runtime port on onnxruntime-node, on the CPU. */
import { AppError } from '@graft/contracts';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { checkInput } from './check-input.js';
import type { Runtime, TensorSignature } from './runtime.js';

// onnxruntime for Linux (1.30) reports how it is used to its maker, and writes logs of that to the folder for temporary
// files, unless this is set when the first session is made.
process.env['ORT_DISABLE_TELEMETRY'] ??= '1';

/** Part of an activation cache's key: another version may round otherwise. */
export const onnxruntimeVersion = (): string => env.versions.node ?? env.versions.common;

export interface OnnxOptions {
  /** Threads of one run; default: onnxruntime's own choice, one per core. */
  readonly threads?: number;
  /**
   * Whether idle threads wait actively for their next part of a run; default true, which is best for one run after
   * another. False leaves the CPU to whatever else is going on, such as decoding the next batch: embedding with both
   * at once was 1.1 times as fast (EfficientNet-lite0, 2 cores).
   */
  readonly spinning?: boolean;
}

const toSignature = (value: InferenceSession.ValueMetadata): TensorSignature => {
  if (!value.isTensor || value.type !== 'float32')
    throw new AppError('invalid_request', `"${value.name}" of this model is not a float32 tensor`);
  return {
    name: value.name,
    shape: value.shape.map((size) => (typeof size === 'number' ? size : -1)),
    datatype: 'FP32',
  };
};

const createSession = async (
  bytes: Uint8Array,
  { threads, spinning = true }: OnnxOptions,
): Promise<InferenceSession> => {
  try {
    return await InferenceSession.create(bytes, {
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'all',
      interOpNumThreads: 1,
      // Errors alone: what the optimizer remarks on is nobody's business at run time.
      logSeverityLevel: 3,
      ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
      // The key `session.intra_op.allow_spinning` of onnxruntime's session options.
      ...(spinning ? {} : { extra: { session: { intra_op: { allow_spinning: '0' } } } }),
    });
  } catch (error) {
    throw new AppError('invalid_request', 'onnxruntime refuses this model', { cause: error });
  }
};

/**
 * Loads an ONNX model with one float32 input.
 * @throws AppError `invalid_request` when onnxruntime can't load it or its form is another.
 */
export const loadOnnxModel = async (bytes: Uint8Array, options: OnnxOptions = {}): Promise<Runtime> => {
  const session = await createSession(bytes, options);
  const [input, ...others] = session.inputMetadata.map(toSignature);
  if (input === undefined || others.length > 0)
    throw new AppError('invalid_request', `expected a model with one input, this has ${session.inputNames.length}`);
  const signature = { input, outputs: session.outputMetadata.map(toSignature) };
  let released = false;
  return {
    signature,
    run: async (values, batch) => {
      if (released) throw new AppError('internal', 'this model was disposed of');
      const shape = checkInput(input, values, batch);
      try {
        const results = await session.run({ [input.name]: new Tensor('float32', values, shape) });
        return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]));
      } catch (error) {
        throw new AppError('internal', `onnxruntime failed on a batch of ${batch}`, { cause: error });
      }
    },
    dispose: async () => {
      if (released) return;
      released = true;
      await session.release();
    },
  };
};
