/**
 * Graft trains as PyTorch does: the same gradients on every kind of block, the same running statistics, and twenty steps of
 * an optimizer end in the same place. The small networks here; the whole catalog in training-parity.soak.spec.ts.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { expectGradients, expectTrained, gradientsOf, twentySteps } from './pytorch/training-expectations.js';
import { makeTrainingReferences, type TrainingReference, type WantedTraining } from './pytorch/training-references.js';
import { describeWithPyTorch } from './pytorch/run-python.js';

const TIMEOUT_MS = 10 * 60_000;

/**
 * Plain convolutions with batch norm and ReLU, basic blocks; bottlenecks; ReLU6 and depthwise convolutions, as TensorFlow pads and as
 * PyTorch does; squeeze-and-excitation with hard-swish, and with SiLU. VGG's hundred million parameters are in the soak test, as is
 * every network under both kinds of statistics.
 */
const GRADIENTS: readonly WantedTraining[] = [
  ...['resnet18', 'resnet50', 'efficientnet_lite0', 'mobilenet_v2', 'mobilenet_v3_small', 'efficientnet_b0'].map(
    (model) => gradientsOf(model, true),
  ),
  ...['resnet18', 'efficientnet_lite0', 'mobilenet_v3_small'].map((model) => gradientsOf(model, false)),
];

/** Each optimizer and each kind of statistics once a network; the other pairs are in the soak test. */
const TRAININGS: readonly WantedTraining[] = ['resnet18', 'efficientnet_lite0'].flatMap((model) => [
  twentySteps(model, true, 'sgd'),
  twentySteps(model, false, 'adamw'),
]);

let references: ReadonlyMap<string, TrainingReference>;
let folder: string;

const referenceOf = (name: string): TrainingReference => {
  const reference = references.get(name);
  if (reference === undefined) throw new Error(`PyTorch made no ${name}`);
  return reference;
};

describeWithPyTorch('training', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'graft-training-parity-'));
    references = await makeTrainingReferences([...GRADIENTS, ...TRAININGS], folder);
  }, TIMEOUT_MS);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(GRADIENTS)(
    "$name has PyTorch's gradients and running statistics",
    async ({ name }) => {
      process.stderr.write(`${await expectGradients(referenceOf(name))}\n`);
      expect.hasAssertions();
    },
    TIMEOUT_MS,
  );

  it.each(TRAININGS)(
    '$name ends where PyTorch ends after twenty steps',
    async ({ name }) => {
      process.stderr.write(`${await expectTrained(referenceOf(name))}\n`);
      expect.hasAssertions();
    },
    TIMEOUT_MS,
  );
});
