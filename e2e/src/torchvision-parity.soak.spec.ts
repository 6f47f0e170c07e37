/**
 * Every architecture of the catalog against PyTorch, at its own size and at an odd one, and out again. What joins the
 * catalog is tested without a change here. Says what was measured, line by line.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { findArchitecture, listBackbones } from '@graft/models';
import { checkExports, exportNetwork } from './pytorch/check-exports.js';
import {
  expectFairTest,
  expectLogits,
  expectOnnxLogits,
  expectSoundOnnx,
  expectWentBack,
  expectWentIntoTimm,
} from './pytorch/expectations.js';
import { makeReferences } from './pytorch/references.js';
import { describeWithPyTorch } from './pytorch/run-python.js';

const TIMEOUT_MS = 60 * 60_000;
const ODD_SIZE = [161, 289] as const;
const FORMATS = ['zip', 'legacy', 'safetensors'] as const;
const CLASSES = 1000;

const ARCHITECTURES = [...new Set(listBackbones().map(({ architecture }) => architecture))].map((name, index) => ({
  ...{ model: name, seed: 100 + index, inputSize: findArchitecture(name).inputSize },
  format: FORMATS[index % FORMATS.length] ?? 'zip',
}));

const say = (text: string): void => void process.stderr.write(`${text}\n`);

describeWithPyTorch('every architecture of the catalog', () => {
  it.each(ARCHITECTURES)(
    "$model has PyTorch's logits at its own size and an odd one, and its exports are what they say",
    async ({ model, seed, inputSize, format }) => {
      const folder = await mkdtemp(join(tmpdir(), 'graft-parity-'));
      try {
        const sizes = [[inputSize, inputSize] as const, ODD_SIZE];
        const made = await makeReferences([{ model, classes: CLASSES, sizes, seed, format }], folder);
        const reference = made.get(model);
        if (reference === undefined) throw new Error(`PyTorch made no ${model}`);
        expectFairTest(reference);
        for (const output of reference.outputs) (await expectLogits(reference, output)).forEach(say);
        const exported = await exportNetwork(reference, CLASSES, folder);
        const findings = (await checkExports([exported], folder)).get(model);
        if (findings === undefined) throw new Error(`nothing was found of ${model}`);
        expectWentBack(findings.torchvision);
        expectWentIntoTimm(findings.timm);
        expectSoundOnnx(findings.onnx, exported);
        await expectOnnxLogits(exported);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
      expect.hasAssertions();
    },
    TIMEOUT_MS,
  );
});
