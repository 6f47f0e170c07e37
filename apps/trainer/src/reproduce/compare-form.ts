/** Asks a form that was made again about all test images, and lays its answers beside those that are recorded. */
import { readDocument } from '@graft/artifacts';
import {
  AppError,
  canonicalJson,
  compareFormInputSchema,
  evaluationSchema,
  GOLDEN_TOLERANCE,
  predictionsSchema,
  signatureSchema,
  type Evaluation,
  type EvaluateActivities,
  type Metrics,
  type Prediction,
} from '@graft/contracts';
import { readDatasetVersion } from '@graft/data';
import { computeMetrics } from '@graft/evaluation';
import { whileBeating } from '@graft/platform/temporal';
import { imagesOfSplit } from '../dataset-images.js';
import type { TrainerDependencies } from '../dependencies.js';
import { loadContestant, predict } from '../evaluate/contestant.js';
import { reportStage } from '../stage-reporter.js';

type Dependencies = Pick<TrainerDependencies, 'registry' | 'blobs' | 'logger' | 'scope' | 'machine'>;

const firstGuess = ({ probabilities }: Prediction): number => probabilities.indexOf(Math.max(...probabilities));

/**
 * The greatest absolute difference of a probability, and how many first guesses changed.
 * @throws AppError `corrupt` where they are not of the same images and labels.
 */
export const compareAnswers = (
  recorded: readonly Prediction[],
  made: readonly Prediction[],
): { readonly maxDifference: number; readonly changedAnswers: number } => {
  let [maxDifference, changedAnswers] = [0, 0];
  const answers = new Map(made.map((one) => [one.sha256, one]));
  for (const before of recorded) {
    const now = answers.get(before.sha256);
    if (
      now === undefined ||
      made.length !== recorded.length ||
      now.probabilities.length !== before.probabilities.length
    )
      throw new AppError(
        'corrupt',
        `the recorded predictions are not of the dataset version's test images (${before.sha256})`,
      );
    before.probabilities.forEach((value, at) => {
      maxDifference = Math.max(maxDifference, Math.abs(value - (now.probabilities[at] ?? NaN)));
    });
    if (firstGuess(before) !== firstGuess(now)) changedAnswers += 1;
  }
  return { maxDifference, changedAnswers };
};

/** Names of the metrics that come out otherwise; a report from before there was one has nothing to say of it. */
export const differingFigures = (recorded: Metrics, made: Metrics): string[] =>
  (Object.keys(recorded) as (keyof Metrics)[]).filter(
    (name) => recorded[name] !== undefined && canonicalJson(recorded[name]) !== canonicalJson(made[name] ?? null),
  );

/** What a replica may differ by from golden outputs: on the same kind of CPU, or on another. */
const toleranceFor = (report: Evaluation, cpuClass: string): number =>
  report.latency.cpuClass === cpuClass ? GOLDEN_TOLERANCE.sameClass : GOLDEN_TOLERANCE.otherClass;

export const createCompareForm =
  (dependencies: Dependencies): EvaluateActivities['compareForm'] =>
  (input) => {
    const { runId, model, ...asked } = compareFormInputSchema.parse(input);
    const { registry, blobs, logger, machine } = dependencies;
    const scope = dependencies.scope();
    return whileBeating(scope, () =>
      reportStage({ registry, logger, runId, stage: 'evaluate' }, async (reporter) => {
        const report = await readDocument(blobs, evaluationSchema, asked.report);
        const { predictions: recorded } = await readDocument(blobs, predictionsSchema, report.predictionsDigest);
        const signature = await readDocument(blobs, signatureSchema, asked.signature);
        const { datasetVersion, variant } = report;
        const images = imagesOfSplit((await readDatasetVersion(blobs, datasetVersion)).images, 'test');
        const contestant = await loadContestant(dependencies, { artifactDigest: model.digest, signature });
        const made = await predict(dependencies, contestant, {
          ...{ images, datasetVersion, signal: scope.signal },
          onProgress: (step) => reporter.progress({ step, total: images.length }),
        }).finally(() => contestant.runtime.dispose());
        const { maxDifference, changedAnswers } = compareAnswers(recorded, made.predictions);
        const metrics = computeMetrics({ predictions: made.predictions, labels: signature.labels });
        return {
          result: {
            ...{ variant, images: recorded.length, maxDifference, changedAnswers },
            tolerance: toleranceFor(report, machine.cpuClass),
            predictions: { recorded: report.predictionsDigest, made: made.digest },
            figures: differingFigures(report.metrics, metrics),
            cpuClass: { recorded: report.latency.cpuClass, here: machine.cpuClass },
          },
          data: { variant, images: recorded.length, maxDifference, changedAnswers },
          message:
            `${variant} answers ${recorded.length} test images ` +
            (maxDifference === 0
              ? 'exactly as recorded'
              : `up to ${maxDifference.toPrecision(2)} otherwise than recorded`),
        };
      }),
    );
  };
