/** What fine-tuned finalists of a selection make of the val images, and what they cost, in turns. The test split stays unseen. */
import { readDocument, writeDocument } from '@graft/artifacts';
import {
  AppError,
  finalistResultsSchema,
  judgeFinalistsInputSchema,
  signatureSchema,
  trainingPlanSchema,
  type EvaluateActivities,
  type FinalistResults,
  type ManifestImage,
  type Prediction,
} from '@graft/contracts';
import { readDatasetVersion } from '@graft/data';
import { whileBeating } from '@graft/platform/temporal';
import { imagesOfSplit } from '../dataset-images.js';
import type { TrainerDependencies } from '../dependencies.js';
import { loadContestant, measureLatencies, type Contestant } from '../evaluate/contestant.js';
import { predictImages } from '../evaluate/predict-images.js';

type Dependencies = Pick<TrainerDependencies, 'blobs' | 'logger' | 'scope' | 'machine'>;

const isRight = ({ label, probabilities }: Prediction, labels: readonly string[]): boolean => {
  const best = probabilities.reduce((at, value, other) => (value > (probabilities[at] ?? -1) ? other : at), 0);
  return labels[best] === label;
};

const answersOf = async (
  { runtime, signature: { preprocessing, labels } }: Contestant,
  images: readonly ManifestImage[],
  options: { readonly dependencies: Dependencies; readonly signal: AbortSignal },
): Promise<boolean[]> => {
  const { blobs } = options.dependencies;
  const { signal } = options;
  const classes = labels.length;
  const predictions = await predictImages({ images, runtime, preprocessing, classes, blobs, signal });
  return predictions.map((prediction) => isRight(prediction, labels));
};

/** @throws AppError `dataset_unfit` without val images; whatever keeps models or images from being read. */
export const createJudgeFinalists =
  (dependencies: Dependencies): EvaluateActivities['judgeFinalists'] =>
  (input) => {
    const { datasetVersion, finalists } = judgeFinalistsInputSchema.parse(input);
    const { blobs, logger } = dependencies;
    const scope = dependencies.scope();
    const { signal } = scope;
    return whileBeating(scope, async () => {
      const images = imagesOfSplit((await readDatasetVersion(blobs, datasetVersion)).images, 'val');
      if (images.length === 0)
        throw new AppError('dataset_unfit', `dataset version ${datasetVersion} has no val image to judge finalists on`);
      const loaded: Contestant[] = [];
      try {
        for (const { model, signature } of finalists)
          loaded.push(
            await loadContestant(dependencies, {
              artifactDigest: model.digest,
              signature: await readDocument(blobs, signatureSchema, signature),
            }),
          );
        const latencies = await measureLatencies(dependencies, loaded, { images, signal });
        const results: FinalistResults['finalists'] = [];
        for (const [at, { candidate, runId, plan, model }] of finalists.entries()) {
          const [contestant, latency] = [loaded[at], latencies[at]];
          if (contestant === undefined || latency === undefined)
            throw new AppError('internal', `${candidate} was not measured`);
          const { strategy } = await readDocument(blobs, trainingPlanSchema, plan);
          const right = await answersOf(contestant, images, { dependencies, signal });
          const { sizeBytes, digest: artifactDigest } = model;
          results.push({ candidate, runId, strategy, latency, sizeBytes, artifactDigest, right });
        }
        logger.info({ finalists: results.length, datasetVersion }, 'finalists judged');
        const document: FinalistResults = {
          schemaVersion: 'finalist-results.v1',
          datasetVersion,
          images: images.map(({ sha256 }) => sha256),
          finalists: results,
        };
        return { finalists: await writeDocument(blobs, finalistResultsSchema, document) };
      } finally {
        await Promise.all(loaded.map(({ runtime }) => runtime.dispose()));
      }
    });
  };
