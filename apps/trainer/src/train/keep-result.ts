/** What a training left in its folder, as documents. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDocument } from '@graft/artifacts';
import { activationsSchema, AppError, historySchema, type Digest } from '@graft/contracts';
import { runtimeOf } from '../dependencies.js';
import { activationKeyUsed, type TrainingWork } from './prepare-job.js';
import { learnedNothing } from './training-news.js';
import { JOB_FILES, trainingOutcomeSchema } from './training-protocol.js';

/** Keeps what the process left in its folder as documents, and says what they hold. */
export const keepResult = async (
  folder: string,
  options: {
    readonly work: TrainingWork;
    readonly planDigest: Digest;
    readonly embedderDigest: Digest;
    readonly labels: readonly string[];
    /** As `prepareJob` answers. */
    readonly shards: readonly Digest[] | null;
  },
): Promise<{
  result: { trained: Digest; history: Digest; activations: Digest | null };
  data: Record<string, string | number | null>;
}> => {
  const { work, planDigest, embedderDigest, labels, shards } = options;
  const { dependencies, plan, splits, reporter } = work;
  const { blobs, machine } = dependencies;
  const { tensorflow, comparisonLogits, ...outcome } = trainingOutcomeSchema.parse(
    JSON.parse(await readFile(join(folder, JOB_FILES.outcome), 'utf8')),
  );
  const trained = await blobs.put(await readFile(join(folder, JOB_FILES.trained)), {
    mediaType: 'application/vnd.safetensors',
  });
  const history = await writeDocument(blobs, historySchema, {
    schemaVersion: 'history.v1',
    trained,
    plan: planDigest,
    labels: [...labels],
    trainImages: splits.train.length,
    valImages: splits.validation.length,
    ...outcome,
    comparison: splits.comparison.map(({ sha256 }, index) => {
      const logits = comparisonLogits[index];
      if (logits === undefined) throw new AppError('internal', `the training gave no logits of image ${sha256}`);
      return { sha256, logits };
    }),
    runtime: runtimeOf(machine, tensorflow),
  });
  const activations =
    shards === null
      ? null
      : await writeDocument(blobs, activationsSchema, {
          schemaVersion: 'activations.v1',
          embedder: embedderDigest,
          key: activationKeyUsed(work),
          shards: [...shards],
        });
  const best = outcome.epochs.find(({ epoch }) => epoch === outcome.bestEpoch);
  const nothing = learnedNothing(
    best,
    splits.validation.map(({ label }) => label),
  );
  if (nothing !== null) await reporter.warning(nothing);
  return {
    result: { trained, history, activations },
    data: {
      strategy: plan.strategy,
      trainImages: splits.train.length,
      valImages: splits.validation.length,
      epochs: outcome.epochs.length,
      // The best one, or the last where the plan keeps that.
      keptEpoch: outcome.bestEpoch,
      stoppedBy: outcome.stoppedBy,
      precision: outcome.precision,
      valAccuracy: best?.accuracy ?? null,
      valLoss: best?.valLoss ?? null,
    },
  };
};
