/** Measures what an evaluation reports: a form of a model on the test split, beside the champion and the form it was made from. */
import { readDocument } from '@graft/artifacts';
import {
  AppError,
  signatureSchema,
  type EvaluateModelInput,
  type Evaluation,
  type ManifestImage,
} from '@graft/contracts';
import { computeMetrics, sliceAccuracy } from '@graft/evaluation';
import type { TrainerDependencies } from '../dependencies.js';
import { createProgressMeter } from '../progress-meter.js';
import type { StageReporter } from '../stage-reporter.js';
import { compareWithChampion, findOpponent } from './champion-comparison.js';
import { loadContestant, measureLatencies, predict, type Contestant } from './contestant.js';
import type { Latency } from './measure-latency.js';
import { compareWithOriginal } from './original-comparison.js';

const progressOf = (reporter: StageReporter, total: number): ((done: number) => void) => {
  const meter = createProgressMeter();
  return (done) => {
    const { perSecond, etaSeconds } = meter.speed({ done, left: total - done });
    reporter.progress({
      step: done,
      total,
      imagesPerSecond: perSecond,
      ...(etaSeconds === null ? {} : { etaSeconds }),
    });
  };
};

export type Measured = Omit<Evaluation, 'schemaVersion' | 'gate' | 'earlierLooks'>;

/** Everything that is measured: the candidate's part, the champion's where there is one, the form's that it was made from. */
export const measureCandidate = async (
  dependencies: Pick<TrainerDependencies, 'registry' | 'blobs' | 'machine'>,
  input: EvaluateModelInput,
  options: { test: readonly ManifestImage[]; reporter: StageReporter; signal: AbortSignal },
): Promise<Measured> => {
  const { model: artifact, original, modelName, datasetVersion, champion, gate } = input;
  const { test, reporter, signal } = options;
  const signature = await readDocument(dependencies.blobs, signatureSchema, input.signature);
  const { labels } = signature;
  const opponent =
    champion === null
      ? null
      : await findOpponent(dependencies, { champion, model: modelName, test, labels, datasetVersion });

  const loaded: Contestant[] = [];
  const load = async (contestant: Omit<Contestant, 'runtime'>): Promise<Contestant> => {
    const one = await loadContestant(dependencies, contestant);
    loaded.push(one);
    return one;
  };
  try {
    const candidate = await load({ artifactDigest: artifact.digest, signature });
    const rival =
      opponent === null
        ? null
        : await load({ artifactDigest: opponent.champion.artifactDigest, signature: opponent.signature });
    const source = original === null ? null : await load({ artifactDigest: original.digest, signature });
    const measured = await measureLatencies(dependencies, loaded, { images: test, signal });
    const latencyOf = (contestant: Contestant): Latency => {
      const latency = measured[loaded.indexOf(contestant)];
      if (latency === undefined) throw new AppError('internal', 'the latency was not measured');
      return latency;
    };

    const compared = opponent?.images.length ?? 0;
    const onProgress = progressOf(reporter, test.length + compared + (source === null ? 0 : test.length));
    const mine = await predict(dependencies, candidate, { images: test, datasetVersion, signal, onProgress });
    const { predictions } = mine;
    const shared = { predictions, labels, alpha: gate.alpha, datasetVersion, signal };
    return {
      variant: artifact.variant,
      artifactDigest: artifact.digest,
      sizeBytes: artifact.sizeBytes,
      datasetVersion,
      split: 'test',
      labels,
      metrics: computeMetrics({ predictions, labels }),
      slices: sliceAccuracy({ predictions, images: test, labels }),
      latency: latencyOf(candidate),
      predictionsDigest: mine.digest,
      champion:
        opponent === null || rival === null
          ? null
          : await compareWithChampion(dependencies, {
              ...shared,
              opponent,
              contestant: rival,
              latency: latencyOf(rival),
              onProgress: (done) => onProgress(test.length + done),
            }),
      original:
        original === null || source === null
          ? null
          : await compareWithOriginal(dependencies, {
              ...shared,
              original,
              contestant: source,
              latency: latencyOf(source),
              images: test,
              onProgress: (done) => onProgress(test.length + compared + done),
            }),
    };
  } finally {
    await Promise.all(loaded.map(({ runtime }) => runtime.dispose()));
  }
};
