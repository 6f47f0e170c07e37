/** Every architecture of the catalog has PyTorch's gradients. What joins the catalog is tested without a change here. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { listBackbones } from '@graft/models';
import { expectGradients, gradientsOf } from './pytorch/training-expectations.js';
import { makeTrainingReferences } from './pytorch/training-references.js';
import { describeWithPyTorch } from './pytorch/run-python.js';

const TIMEOUT_MS = 60 * 60_000;

const ARCHITECTURES = [...new Set(listBackbones().map(({ architecture }) => architecture))];

describeWithPyTorch('every architecture of the catalog', () => {
  it.each(ARCHITECTURES.flatMap((model) => [gradientsOf(model, true), gradientsOf(model, false)]))(
    "$name has PyTorch's gradients",
    async (wanted) => {
      const folder = await mkdtemp(join(tmpdir(), 'graft-training-parity-'));
      try {
        const reference = (await makeTrainingReferences([wanted], folder)).get(wanted.name);
        if (reference === undefined) throw new Error(`PyTorch made no ${wanted.name}`);
        process.stderr.write(`${await expectGradients(reference)}\n`);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
      expect.hasAssertions();
    },
    TIMEOUT_MS,
  );
});
