/** Tensors through a network. */
import { readFile, writeFile } from 'node:fs/promises';
import { AppError } from '@graft/contracts';
import {
  DEFAULT_BATCH_SIZE,
  outputNamed,
  readSafetensors,
  writeSafetensors,
  type Checkpoint,
  type CheckpointTensor,
  type Runtime,
} from '@graft/models';
import { count, note, printJson } from '../../output.js';
import { checkOutput } from '../../output-path.js';
import { openRuntime, openSource } from './open-model.js';
import type { ModelOptions, RuntimeName } from './options.js';

export interface LogitsOptions extends ModelOptions {
  readonly input: string;
  readonly output: string;
  readonly runtime: RuntimeName;
  readonly json?: boolean;
}

interface Images {
  readonly values: Float32Array;
  readonly images: number;
  readonly height: number;
  readonly width: number;
}

const tensorsOf = (path: string, bytes: Uint8Array): Checkpoint => {
  try {
    return readSafetensors(bytes).tensors;
  } catch (error) {
    throw new AppError('invalid_request', `${path} is not a safetensors file`, { cause: error });
  }
};

const readInput = async (path: string): Promise<Images> => {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new AppError('not_found', `no file of tensors can be read at ${path}`, { cause });
  });
  const tensors = tensorsOf(path, bytes);
  const tensor = tensors.get('input');
  const expected = 'expected a float32 tensor "input" of [n, 3, height, width]';
  if (tensor === undefined)
    throw new AppError('invalid_request', `${path} has no tensor "input" among its ${tensors.size}; ${expected}`);
  const [images = 0, channels, height = 0, width = 0] = tensor.shape;
  if (
    !(tensor.data instanceof Float32Array) ||
    tensor.shape.length !== 4 ||
    channels !== 3 ||
    images * height * width < 1
  )
    throw new AppError(
      'invalid_request',
      `"input" in ${path} is ${tensor.dtype} [${tensor.shape.join(', ')}]; ${expected}`,
    );
  return { values: tensor.data, images, height, width };
};

/** Batch by batch, so that memory doesn't grow with the number of images. */
const runInBatches = async (runtime: Runtime, { values, images, height, width }: Images): Promise<CheckpointTensor> => {
  const length = 3 * height * width;
  const parts: Float32Array[] = [];
  for (let from = 0; from < images; from += DEFAULT_BATCH_SIZE) {
    const batch = Math.min(DEFAULT_BATCH_SIZE, images - from);
    parts.push(outputNamed(await runtime.run(values.slice(from * length, (from + batch) * length), batch), 'logits'));
  }
  const classes = (parts[0]?.length ?? 0) / Math.min(DEFAULT_BATCH_SIZE, images);
  const data = new Float32Array(images * classes);
  parts.forEach((part, index) => data.set(part, index * DEFAULT_BATCH_SIZE * classes));
  return { shape: [images, classes], dtype: 'F32', data };
};

export const runLogits = async (options: LogitsOptions): Promise<void> => {
  await checkOutput(options.output);
  const input = await readInput(options.input);
  const { backbone, checkpoint, size } = await openSource(options, { height: input.height, width: input.width });
  const runtime = await openRuntime({ backbone, checkpoint, size }, options.runtime);
  try {
    const logits = await runInBatches(runtime, input);
    await writeFile(options.output, writeSafetensors(new Map([['logits', logits]])));
    const [images = 0, classes = 0] = logits.shape;
    const { name: model } = backbone;
    if (options.json === true)
      return printJson({ model, runtime: options.runtime, images, classes, output: options.output });
    note(
      `${model}: ${count(images, 'image')} of ${size.height}×${size.width} px, ${classes} logits each, in ${options.output}`,
    );
  } finally {
    await runtime.dispose();
  }
};
