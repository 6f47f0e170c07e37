/** Who fine-tunes in the bench `finetune`, and what each tells of a round. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ReferencePython } from '../python/reference-python.js';
import { inRepository } from '../repository.js';
import type { LabelledPhotos } from './labelled-photos.js';
import type { BenchOptions } from './bench.js';
import { startLineWorker, type LineWorker } from './line-worker.js';
import type { BenchReport, TargetByClass } from './report.js';

const outcomeSchema = z.object({
  accuracy: z.number(),
  /** Seconds since the round began, and the accuracy on the test photos at that time. */
  timeline: z.array(z.object({ seconds: z.number(), accuracy: z.number() })).min(1),
});
export type Outcome = z.infer<typeof outcomeSchema>;

/** The same target for every class of CPU. */
export const everywhere = (target: number): TargetByClass => ({
  baseline: target,
  avx2: target,
  'avx512-vnni': target,
  bf16: target,
});

export interface Starter {
  /** @param precision of the frozen part. */
  ours(name: string, mode: 'head' | 'partial', precision?: 'fp32' | 'int8'): Promise<LineWorker>;
  peer(name: string, mode: 'probe' | 'full' | 'full-bf16'): Promise<LineWorker>;
}

/** A contestant's rounds, with how each went. */
export const withOutcomes = (worker: LineWorker, folder: string) => {
  const outcomes: Outcome[] = [];
  return {
    name: worker.name,
    outcomes,
    round: async () => {
      const round = await worker.round();
      const path = join(folder, 'outcome.json');
      await worker.save(path);
      outcomes.push(outcomeSchema.parse(JSON.parse(await readFile(path, 'utf8'))));
      return round;
    },
  };
};

export const createStarter = ({
  data,
  cacheDir,
  python,
}: {
  data: string;
  cacheDir: string;
  python: ReferencePython;
}): Starter => ({
  ours: (name, mode, precision = 'fp32') =>
    startLineWorker({
      name,
      command: process.execPath,
      args: [inRepository('dist/apps/trainer/finetune-bench-process.js'), data, mode, precision],
      env: { ...process.env, GRAFT_CACHE_DIR: cacheDir },
    }),
  peer: (name, mode) =>
    startLineWorker({
      name,
      command: python.command,
      args: [inRepository('tools/bench/peers/pytorch_finetune.py'), data, mode],
      env: python.env,
    }),
});

export type FinetuneOptions = BenchOptions & { readonly photos: LabelledPhotos; readonly folder: string };
/** What one half of the bench adds to the report. */
export type Part = Pick<BenchReport, 'measurements' | 'targets'>;
