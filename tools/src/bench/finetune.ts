/**
 * Bench `finetune`: from image files to a classifier whose accuracy is known, with EfficientNet-lite0, against PyTorch
 * scripts.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureReferencePython } from '../python/reference-python.js';
import { setupTensorflow } from '../tensorflow/setup-tensorflow.js';
import type { Bench } from './bench.js';
import { createStarter } from './finetune-contestants.js';
import { benchHead } from './finetune-head.js';
import { benchPartial } from './finetune-partial.js';
import { findLabelledPhotos } from './labelled-photos.js';
import { createReport, describeMachine } from './report.js';

export const finetuneBench: Bench = {
  name: 'finetune',
  description: 'photos to an evaluated classifier: a head, and the last stages, against PyTorch scripts',
  run: async (options) => {
    const { cacheDir, onProgress } = options;
    const startedAt = new Date();
    const photos = await findLabelledPhotos(options.data);
    await setupTensorflow({ cacheDir, onProgress });
    const python = await ensureReferencePython({ cacheDir, onProgress });
    onProgress(`${photos.train.length} photos to learn from and ${photos.test.length} to test on, of ${photos.from}`);
    const folder = await mkdtemp(join(tmpdir(), 'graft-bench-'));
    try {
      const data = join(folder, 'data.json');
      await writeFile(data, JSON.stringify({ train: photos.train, test: photos.test, classes: photos.labels.length }));
      const start = createStarter({ data, cacheDir, python });
      const head = await benchHead(start, { ...options, photos, folder });
      const partial = await benchPartial(start, { ...options, photos, folder });
      return createReport('finetune', startedAt, {
        machine: describeMachine(availableParallelism()),
        measurements: [...head.measurements, ...partial.measurements],
        targets: [...head.targets, ...partial.targets],
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
