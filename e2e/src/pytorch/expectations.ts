/** What must hold of every network, in the short tests and in the long ones. */
import { readFile } from 'node:fs/promises';
import { expect } from '@jest/globals';
import { loadOnnxModel } from '@graft/models';
import type { Exported, ExportFinding } from './check-exports.js';
import { all, compareThroughGraft, RUNTIMES, type RuntimeName } from './graft-models.js';
import { compareLogits, describeComparison, readTensor, type Reference, type ReferenceOutput } from './references.js';

/** A reference is worth comparing with: its logits depend on the image, neither vanish nor explode, and PyTorch is sure of them. */
export const expectFairTest = ({ outputs }: Reference): void => {
  for (const { spread, contrast, uncertainty } of outputs) {
    expect(spread).toBeGreaterThan(0.1);
    expect(spread).toBeLessThan(1000);
    expect(contrast).toBeGreaterThan(spread / 50);
    expect(uncertainty).toBeLessThan(1e-4);
  }
};

/** Both forms (or those given) have PyTorch's logits. Answers what was compared, in words. */
export const expectLogits = async (
  reference: Reference,
  output: ReferenceOutput,
  runtimes: readonly RuntimeName[] = RUNTIMES,
): Promise<readonly string[]> => {
  const compared = await all(
    runtimes.map(async (runtime) => {
      const comparison = await compareThroughGraft(reference, output, runtime);
      const what = `${reference.model} ${runtime} ${output.height}×${output.width}`;
      return { isClose: comparison.difference <= comparison.allowed, text: describeComparison(what, comparison) };
    }),
  );
  expect(compared.filter(({ isClose }) => !isClose).map(({ text }) => text)).toEqual([]);
  return compared.map(({ text }) => text);
};

/** Logits of the same parameters in another process of PyTorch's: its kernels may differ with how memory is aligned. */
const SAME_LOGITS = 1e-4;

/** The original loaded it with strict=True: every parameter bit for bit, and the logits. */
export const expectWentBack = ({ error, changed, difference = NaN, largest = NaN }: ExportFinding): void => {
  expect({ error, changed }).toEqual({ error: undefined, changed: [] });
  expect(difference).toBeLessThanOrEqual(SAME_LOGITS * largest);
};

/** timm's network loaded it with strict=True and gives the same logits. */
export const expectWentIntoTimm = ({ error, difference = NaN, largest = NaN }: ExportFinding): void => {
  expect(error).toBeUndefined();
  expect(difference).toBeLessThanOrEqual(SAME_LOGITS * largest);
};

/** ONNX's own checker takes it; batch norms are folded, the batch is free, and it says what it is. */
export const expectSoundOnnx = (
  { error, opset, operators, inputs, outputs, metadata }: ExportFinding,
  { classes, output }: Exported,
): void => {
  expect(error).toBeUndefined();
  expect(opset).toBeGreaterThanOrEqual(17);
  expect(operators).not.toContain('BatchNormalization');
  expect(inputs).toEqual({ input: ['n', 3, output.height, output.width] });
  expect(outputs).toEqual({ logits: ['n', classes], probabilities: ['n', classes] });
  const written = ['graft.backbone', 'graft.labels', 'graft.preprocessing', 'graft.weights'];
  expect(Object.keys(metadata ?? {})).toEqual(expect.arrayContaining(written));
};

/** The exported ONNX model gives PyTorch's logits in onnxruntime: two images alone, and at once. */
export const expectOnnxLogits = async ({ output, onnxPath }: Exported): Promise<void> => {
  const input = Float32Array.from(await readTensor(output.input, 'input'));
  const half = input.length / 2;
  const runtime = await loadOnnxModel(await readFile(onnxPath), { threads: 2 });
  try {
    const alone = [await runtime.run(input.slice(0, half), 1), await runtime.run(input.slice(half), 1)];
    const together = await runtime.run(input, 2);
    for (const logits of [together.logits ?? [], alone.flatMap((outputs) => [...(outputs.logits ?? [])])]) {
      const { difference, allowed } = await compareLogits(logits, output.expected);
      expect(difference).toBeLessThanOrEqual(allowed);
    }
  } finally {
    await runtime.dispose();
  }
};
