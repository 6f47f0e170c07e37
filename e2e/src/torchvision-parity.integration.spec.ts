/**
 * Graft's networks are PyTorch's: the same state dict gives the same logits, in both forms and at any size, and goes back
 * where it came from. The small networks here; the whole catalog in torchvision-parity.soak.spec.ts.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkExports, exportNetwork, type Exported } from './pytorch/check-exports.js';
import {
  expectFairTest,
  expectLogits,
  expectOnnxLogits,
  expectSoundOnnx,
  expectWentBack,
  expectWentIntoTimm,
} from './pytorch/expectations.js';
import { RUNTIMES, type RuntimeName } from './pytorch/graft-models.js';
import { makeReferences, type Reference, type WantedReference } from './pytorch/references.js';
import { describeWithPyTorch } from './pytorch/run-python.js';

const TIMEOUT_MS = 10 * 60_000;

const SIZES = [
  [224, 224],
  [193, 257],
] as const;

const wanted = (model: string, options: Partial<WantedReference> = {}): WantedReference => ({
  ...{ model, classes: 1000, sizes: SIZES, seed: 1, format: 'zip' },
  ...options,
});

/** One or two of each family; state dicts of all formats. */
const NETWORKS = [
  wanted('resnet18', { format: 'legacy' }),
  wanted('vgg11_bn'),
  wanted('mobilenet_v2'),
  wanted('mobilenet_v3_small', { classes: 7 }),
  wanted('efficientnet_b0', { format: 'safetensors' }),
  wanted('efficientnet_lite0'),
];

/** Half a gigabyte takes its time: VGG runs in one form at one size, and in the other at the other. The soak test has all. */
const runtimesFor = (model: string, size: (typeof SIZES)[number]): readonly RuntimeName[] => {
  if (!model.startsWith('vgg')) return RUNTIMES;
  return size === SIZES[0] ? ['tfjs'] : ['onnx'];
};

let folder: string;
let references: ReadonlyMap<string, Reference>;

const of = <T>(found: ReadonlyMap<string, T>, model: string): T => {
  const value = found.get(model);
  if (value === undefined) throw new Error(`there is no ${model}`);
  return value;
};

describeWithPyTorch('networks with random weights and statistics, made by PyTorch', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'graft-parity-'));
    references = await makeReferences(NETWORKS, folder);
  }, TIMEOUT_MS);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(NETWORKS)('$model answers by the image, with numbers of a sane size: a fair test', ({ model }) => {
    expectFairTest(of(references, model));
  });

  it.each(NETWORKS.flatMap(({ model }) => SIZES.map((size) => ({ model, size, runtimes: runtimesFor(model, size) }))))(
    "$model has PyTorch's logits at $size in $runtimes",
    async ({ model, size: [height, width], runtimes }) => {
      const reference = of(references, model);
      const output = reference.outputs.find((each) => each.height === height && each.width === width);
      if (output === undefined) throw new Error(`PyTorch made no ${model} of ${height}×${width}`);
      expect(await expectLogits(reference, output, runtimes)).toHaveLength(runtimes.length);
    },
    TIMEOUT_MS,
  );

  describe('exported again', () => {
    /** VGG's half gigabyte is exported in the soak test alone. */
    const EXPORTED = NETWORKS.filter(({ model }) => !model.startsWith('vgg'));
    const exported = new Map<string, Exported>();
    let findings: Awaited<ReturnType<typeof checkExports>>;

    beforeAll(async () => {
      for (const { model, classes } of EXPORTED)
        exported.set(model, await exportNetwork(of(references, model), classes, folder));
      findings = await checkExports([...exported.values()], folder);
    }, TIMEOUT_MS);

    it.each(EXPORTED)('$model goes back into its library, strictly, with every parameter as it was', ({ model }) => {
      expectWentBack(of(findings, model).torchvision);
    });

    it.each(EXPORTED)("$model goes into timm's network, strictly, with the same logits", ({ model }) => {
      expectWentIntoTimm(of(findings, model).timm);
    });

    it.each(EXPORTED)("$model passes ONNX's own checker: folded, for any batch, labelled", ({ model }) => {
      expectSoundOnnx(of(findings, model).onnx, of(exported, model));
    });

    it.each(EXPORTED)('$model as ONNX has the same logits, one image at a time or two at once', ({ model }) =>
      expectOnnxLogits(of(exported, model)),
    );
  });
});
