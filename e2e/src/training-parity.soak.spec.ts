/**
 * Every architecture of the catalog has PyTorch's gradients, and on two of them every optimizer ends where PyTorch's ends. What
 * joins the catalog is tested without a change here.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { listBackbones } from '@graft/models';
import { expectGradients, expectTrained, gradientsOf, twentySteps } from './pytorch/training-expectations.js';
import { makeTrainingReferences, type TrainingReference, type WantedTraining } from './pytorch/training-references.js';
import { describeWithPyTorch } from './pytorch/run-python.js';

const TIMEOUT_MS = 60 * 60_000;

const ARCHITECTURES = [...new Set(listBackbones().map(({ architecture }) => architecture))];

const TRAININGS: readonly WantedTraining[] = ['resnet18', 'efficientnet_lite0'].flatMap((model) =>
  [true, false].flatMap((statistics) => [
    twentySteps(model, statistics, 'sgd'),
    twentySteps(model, statistics, 'adamw'),
  ]),
);

/** Has PyTorch make one, compares, and says what was measured. */
const compare = async (
  wanted: WantedTraining,
  expectSame: (reference: TrainingReference) => Promise<string>,
): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'graft-training-parity-'));
  try {
    const reference = (await makeTrainingReferences([wanted], folder)).get(wanted.name);
    if (reference === undefined) throw new Error(`PyTorch made no ${wanted.name}`);
    process.stderr.write(`${await expectSame(reference)}\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  expect.hasAssertions();
};

describeWithPyTorch('every architecture of the catalog', () => {
  it.each(ARCHITECTURES.flatMap((model) => [true, false].map((statistics) => gradientsOf(model, statistics))))(
    "$name has PyTorch's gradients",
    (wanted) => compare(wanted, expectGradients),
    TIMEOUT_MS,
  );

  it.each(TRAININGS)(
    '$name ends where PyTorch ends after twenty steps',
    (wanted) => compare(wanted, expectTrained),
    TIMEOUT_MS,
  );
});
