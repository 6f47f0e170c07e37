/** Random networks of PyTorch's, with inputs and the logits that PyTorch computes for them. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors } from '@graft/models';
import { z } from 'zod';
import { runPython } from './run-python.js';

/** What make_references.py is asked for. */
export interface WantedReference {
  /** torchvision's name of the network, or efficientnet_lite…. */
  readonly model: string;
  readonly classes: number;
  /** Of inputs: [height, width]. */
  readonly sizes: readonly (readonly [number, number])[];
  readonly seed: number;
  /** Of the state dict: the two of torch.save, or safetensors. */
  readonly format: 'zip' | 'legacy' | 'safetensors';
}

const referenceSchema = z.object({
  model: z.string(),
  weights: z.string(),
  outputs: z.array(
    z.object({
      height: z.int(),
      width: z.int(),
      /** safetensors with `input` [2, 3, height, width]. */
      input: z.string(),
      /** safetensors with `logits` and `logits64` [2, classes]. */
      expected: z.string(),
      /** Standard deviation of the logits, and of the difference between two images' logits. */
      spread: z.number(),
      contrast: z.number(),
      /** What PyTorch's float32 is off, as a share of the largest logit. */
      uncertainty: z.number(),
    }),
  ),
});

export type Reference = z.infer<typeof referenceSchema>;
export type ReferenceOutput = Reference['outputs'][number];

/** Makes them all in one process, into `folder`. */
export const makeReferences = async (
  wanted: readonly WantedReference[],
  folder: string,
): Promise<ReadonlyMap<string, Reference>> => {
  const list = join(folder, 'wanted.json');
  await writeFile(list, JSON.stringify(wanted));
  const made = z.array(referenceSchema).parse(await runPython('make_references.py', [list, folder]));
  return new Map(made.map((reference) => [reference.model, reference]));
};

/** A tensor of a safetensors file. */
export const readTensor = async (path: string, name: string): Promise<Float32Array | Float64Array> => {
  const data = readSafetensors(await readFile(path)).tensors.get(name)?.data;
  if (!(data instanceof Float32Array || data instanceof Float64Array))
    throw new Error(`no numbers "${name}" in ${path}`);
  return data;
};

export interface Comparison {
  /** Largest |ours − PyTorch's float32|. */
  readonly difference: number;
  /** 1e-4 of the largest |logit|, or four times what PyTorch's own float32 is off, where that is more. */
  readonly allowed: number;
  /** Largest |PyTorch's float32 − float64|. */
  readonly own: number;
  /** Largest |logit|. */
  readonly largest: number;
}

const OF_LARGEST = 1e-4;
const OF_OWN = 4;

const largestOf = (values: ArrayLike<number>, value = (at: number): number => values[at] ?? NaN): number => {
  let largest = 0;
  for (let at = 0; at < values.length; at += 1) {
    const found = Math.abs(value(at));
    if (!(found <= largest)) largest = found; // So that a NaN stays.
  }
  return largest;
};

/** Our logits against PyTorch's. */
export const compareLogits = async (ours: ArrayLike<number>, expectedPath: string): Promise<Comparison> => {
  const [single, double] = [await readTensor(expectedPath, 'logits'), await readTensor(expectedPath, 'logits64')];
  if (ours.length !== single.length) throw new Error(`${ours.length} logits, expected ${single.length}`);
  const largest = largestOf(double);
  const own = largestOf(single, (at) => (single[at] ?? NaN) - (double[at] ?? NaN));
  return {
    difference: largestOf(ours, (at) => (ours[at] ?? NaN) - (single[at] ?? NaN)),
    allowed: Math.max(OF_LARGEST * largest, OF_OWN * own),
    own,
    largest,
  };
};

/** `resnet18 onnx 224×224: 5.4e-6 of the largest logit (allowed 1.0e-4, PyTorch's own 2.9e-6)`. */
export const describeComparison = (what: string, { difference, allowed, own, largest }: Comparison): string => {
  const share = (value: number): string => (value / largest).toExponential(1);
  return `${what}: ${share(difference)} of the largest logit (allowed ${share(allowed)}, PyTorch's own ${share(own)})`;
};
