/** A model of another maker, loaded, in the form that it would be served in. */
import { AppError, GOLDEN_TOLERANCE, toAppError, type Preprocessing } from '@graft/contracts';
import {
  adaptOnnx,
  inputLength,
  loadOnnxModel,
  onnxruntimeVersion,
  outputNamed,
  preprocessInto,
  type AdaptedOnnx,
  type Runtime,
} from '@graft/models';
import type { ChosenPreprocessing } from './preprocessing.js';

export interface OpenedForeign extends AdaptedOnnx {
  readonly runtime: Runtime;
  readonly preprocessing: Preprocessing;
}

export interface ForeignRequest {
  /** The file's bytes, and its name for messages. */
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly order: readonly number[];
  readonly preprocessing: ChosenPreprocessing;
  /** For a model that takes images of any size. */
  readonly inputSize?: number | undefined;
  /** A few images, to see what it gives for them: bytes of files. At least one. */
  readonly probes: readonly Uint8Array[];
}

/** What float32 sums of probabilities may be off. */
const SUM_TOLERANCE = 1e-3;

/** The first line of what a vendor says, without the addresses of its source. */
const firstLine = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).split('\n')[0]?.slice(0, 300) ?? '';

const unfit = (message: string, cause?: unknown): AppError => new AppError('checkpoint_unfit', message, { cause });

const load = async ({ onnx, opset }: AdaptedOnnx, file: string): Promise<Runtime> => {
  try {
    return await loadOnnxModel(onnx);
  } catch (thrown) {
    const why = firstLine(toAppError(thrown).cause ?? thrown);
    const isTooNew = /opset|under development|IR version/i.test(why);
    const way = isTooNew ? `; export it with an older opset, such as 17 (it has ${opset})` : '';
    throw unfit(`${file}: onnxruntime ${onnxruntimeVersion()} can't load it: ${why}${way}`, thrown);
  }
};

const toInput = async (images: readonly Uint8Array[], preprocessing: Preprocessing): Promise<Float32Array> => {
  const length = inputLength(preprocessing);
  const input = new Float32Array(images.length * length);
  for (const [row, bytes] of images.entries()) await preprocessInto(bytes, preprocessing, input, row * length);
  return input;
};

/** [rows, classes], one by one. */
const answers = async (
  { runtime, preprocessing }: Pick<OpenedForeign, 'runtime' | 'preprocessing'>,
  probes: readonly Uint8Array[],
): Promise<Float32Array[]> => {
  const rows: Float32Array[] = [];
  for (const probe of probes) {
    rows.push(outputNamed(await runtime.run(await toInput([probe], preprocessing), 1), 'probabilities'));
  }
  return rows;
};

const areProbabilities = (row: Float32Array): boolean =>
  row.every((value) => value >= -SUM_TOLERANCE && value <= 1 + SUM_TOLERANCE) &&
  Math.abs(row.reduce((sum, value) => sum + value, 0) - 1) <= SUM_TOLERANCE;

/** An answer for each class, that is a number, and the same whether an image comes alone or in a batch. */
const checkAnswers = async (
  { file, probes }: ForeignRequest,
  opened: Pick<OpenedForeign, 'runtime' | 'preprocessing'>,
  { rows, classes }: { rows: readonly Float32Array[]; classes: number },
): Promise<void> => {
  const odd = rows.find((row) => row.length !== classes);
  if (odd !== undefined)
    throw unfit(`${file}: it gives ${odd.length} numbers for an image, and there are ${classes} labels`);
  if (rows.some((row) => !row.every(Number.isFinite)))
    throw unfit(`${file}: it gives what is no number for images of the dataset: is its preprocessing another one?`);
  const [one, other = one] = probes;
  if (one === undefined || other === undefined) return;
  const way = 'export it with a batch of any size (PyTorch: dynamic_axes={"input": {0: "batch"}})';
  const batch = await opened.runtime
    .run(await toInput([one, other], opened.preprocessing), 2)
    .catch((thrown: unknown) => {
      throw unfit(`${file}: it takes one image at a time: ${way}`, thrown);
    });
  const found = outputNamed(batch, 'probabilities');
  const alone = [...(rows[0] ?? []), ...(rows[probes.length > 1 ? 1 : 0] ?? [])];
  const difference = Math.max(...alone.map((value, at) => Math.abs(value - (found[at] ?? NaN))));
  if (difference <= GOLDEN_TOLERANCE.otherClass) return;
  throw unfit(`${file}: it answers otherwise in a batch than for one image (by ${difference.toPrecision(3)}): ${way}`);
};

/**
 * Adapts it, loads it, and looks at what it gives for a few images: whether that is probabilities, and the same in a batch.
 * @throws AppError `checkpoint_unfit` with what it has and what is expected
 */
export const openForeign = async (request: ForeignRequest): Promise<OpenedForeign> => {
  const { bytes, file, order, preprocessing, inputSize, probes } = request;
  const classes = order.length;
  const open = async (givesProbabilities: boolean): Promise<OpenedForeign> => {
    const size = inputSize ?? preprocessing.inputSize ?? undefined;
    let adapted: AdaptedOnnx;
    try {
      adapted = adaptOnnx(bytes, { classes, inputSize: size, givesProbabilities, order });
    } catch (thrown) {
      throw unfit(`${file}: ${toAppError(thrown).message}`, thrown);
    }
    return { ...adapted, runtime: await load(adapted, file), preprocessing: preprocessing.of(adapted.inputSize) };
  };
  const asIs = await open(true);
  try {
    const rows = await answers(asIs, probes);
    const given = rows.every(areProbabilities);
    if (given) await checkAnswers(request, asIs, { rows, classes });
    if (given) return asIs;
  } catch (thrown) {
    await asIs.runtime.dispose();
    throw thrown;
  }
  await asIs.runtime.dispose();
  const followed = await open(false);
  try {
    await checkAnswers(request, followed, { rows: await answers(followed, probes), classes });
    return followed;
  } catch (thrown) {
    await followed.runtime.dispose();
    throw thrown;
  }
};
