/** Graft's exports of a reference, and what PyTorch, timm and ONNX's own checker say of them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { all, exportOnnx, exportStateDict } from './graft-models.js';
import type { Reference, ReferenceOutput } from './references.js';
import { runPython } from './run-python.js';

/** Whose network loads it; `torchvision` stands for the library that the network comes from. */
type Library = 'torchvision' | 'timm';

/** What check_exports.py is asked for. */
type Check =
  | {
      readonly kind: 'state-dict';
      readonly library: Library;
      readonly model: string;
      readonly classes: number;
      readonly path: string;
      readonly input: string;
      readonly expected: string;
      readonly original: string;
    }
  | { readonly kind: 'onnx'; readonly path: string };

const shapeSchema = z.record(z.string(), z.array(z.union([z.string(), z.int()])));

const findingSchema = z.object({
  error: z.string().optional(),
  /** Largest |its logits − the original's|, and largest |logit|. */
  difference: z.number().optional(),
  largest: z.number().optional(),
  /** Parameters that aren't bit for bit the original's. */
  changed: z.array(z.string()).optional(),
  opset: z.int().optional(),
  operators: z.array(z.string()).optional(),
  inputs: shapeSchema.optional(),
  outputs: shapeSchema.optional(),
  metadata: z.record(z.string(), z.string()).optional(),
});

/** What was found of one export, or the error. */
export type ExportFinding = z.infer<typeof findingSchema>;

export interface Exported {
  readonly model: string;
  readonly classes: number;
  /** The size that the ONNX model is for. */
  readonly output: ReferenceOutput;
  readonly onnxPath: string;
  readonly checks: Readonly<Record<Library | 'onnx', Check>>;
}

/** Writes a reference's network as ONNX and as a state dict for each library, into `folder`. */
export const exportNetwork = async (reference: Reference, classes: number, folder: string): Promise<Exported> => {
  const { model, weights } = reference;
  const [output] = reference.outputs;
  if (output === undefined) throw new Error(`PyTorch computed nothing with ${model}`);
  const onnxPath = join(folder, `${model}.onnx`);
  const pathFor = (library: Library): string => join(folder, `${model}.${library}.safetensors`);
  await all([
    exportOnnx(reference, output, onnxPath),
    exportStateDict(reference, null, pathFor('torchvision')),
    exportStateDict(reference, 'timm', pathFor('timm')),
  ]);
  const { input, expected } = output;
  const stateDict = (library: Library): Check => ({
    ...{ kind: 'state-dict', library, model, classes, input, expected, original: weights },
    path: pathFor(library),
  });
  const checks = { torchvision: stateDict('torchvision'), timm: stateDict('timm') };
  return { model, classes, output, onnxPath, checks: { ...checks, onnx: { kind: 'onnx', path: onnxPath } } };
};

/** The findings of all exports by model, from one process. */
export const checkExports = async (
  exported: readonly Exported[],
  folder: string,
): Promise<ReadonlyMap<string, Readonly<Record<Library | 'onnx', ExportFinding>>>> => {
  const list = join(folder, 'exports.json');
  const checks = exported.flatMap(({ checks: { torchvision, timm, onnx } }) => [torchvision, timm, onnx]);
  await writeFile(list, JSON.stringify(checks));
  const found = z.array(findingSchema).parse(await runPython('check_exports.py', [list]));
  return new Map(
    exported.map(({ model }, at) => {
      const [torchvision = {}, timm = {}, onnx = {}] = found.slice(3 * at);
      return [model, { torchvision, timm, onnx }];
    }),
  );
};
