/** `graft models …` as a person would call it, for comparisons with PyTorch. */
import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { runGraft } from '../harness.js';
import { compareLogits, readTensor, type Comparison, type Reference, type ReferenceOutput } from './references.js';

export const RUNTIMES = ['onnx', 'tfjs'] as const;
export type RuntimeName = (typeof RUNTIMES)[number];

/** `Promise.all` that waits for the others after a failure: no process may outlive its test. */
export const all = async <T>(work: readonly Promise<T>[]): Promise<T[]> => {
  await Promise.allSettled(work);
  return Promise.all(work);
};

const TIMEOUT_MS = 15 * 60_000;

const run = async (args: readonly string[]): Promise<string> => {
  const { exitCode, stdout, stderr } = await runGraft(['models', ...args], { timeoutMs: TIMEOUT_MS });
  if (exitCode !== 0) throw new Error(`graft models ${args.join(' ')} exited with ${exitCode}:\n${stderr}`);
  return stdout;
};

/** `graft models logits` on a reference's weights and input, against PyTorch's logits. */
export const compareThroughGraft = async (
  { model, weights }: Pick<Reference, 'model' | 'weights'>,
  { input, expected }: ReferenceOutput,
  runtime: RuntimeName,
): Promise<Comparison> => {
  const output = input.replace('.input.', `.${runtime}.`);
  const files = ['--weights', weights, '--input', input, '--output', output];
  await run(['logits', '--model', model, ...files, '--runtime', runtime]);
  const ours = await readTensor(output, 'logits');
  await rm(output);
  return compareLogits(ours, expected);
};

/** `graft models export` to ONNX, for the input's size. */
export const exportOnnx = async (
  { model, weights }: Reference,
  { height, width }: ReferenceOutput,
  path: string,
): Promise<void> => {
  await run([
    ...['export', '--model', model, '--weights', weights, '--format', 'onnx'],
    ...['--size', `${height}x${width}`, '--output', path],
  ]);
};

/** `graft models export` to safetensors with a library's names; null takes the network's own library. */
export const exportStateDict = async (
  { model, weights }: Reference,
  names: string | null,
  path: string,
): Promise<void> => {
  await run([
    ...['export', '--model', model, '--weights', weights, '--format', 'safetensors'],
    ...(names === null ? [] : ['--names', names]),
    ...['--output', path],
  ]);
};

const classifiedSchema = z.array(
  z.object({ file: z.string(), classes: z.tuple([z.object({ index: z.int() })]).rest(z.unknown()) }),
);

/** `graft models classify` with the catalog's own weights: the first class of each photo, in their order. */
export const classifyThroughGraft = async (model: string, photos: readonly string[]): Promise<readonly number[]> => {
  const said = await run(['classify', ...photos, '--model', model, '--top', '1', '--json']);
  return classifiedSchema.parse(JSON.parse(said)).map(({ classes: [first] }) => first.index);
};
