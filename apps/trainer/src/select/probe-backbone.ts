/**
 * Judges a backbone's frozen features for a dataset: a linear probe, cross-validated on the train and val images. The test split is
 * never looked at. The same input gives the same document.
 */
import { writeDocument, readDocument } from '@graft/artifacts';
import {
  probeBackboneInputSchema,
  probeResultSchema,
  trainingPlanSchema,
  type DatasetRoot,
  type EmbedActivities,
  type Embedder,
  type ManifestImage,
  type ProbeResult,
} from '@graft/contracts';
import { readDatasetVersion } from '@graft/data';
import { crossValidatedProbe, describeNetwork, isFamiliar, measureFamiliarity, separability } from '@graft/models';
import { whileBeating } from '@graft/platform/temporal';
import type { ActivationCache } from '../activation-cache/activation-cache.js';
import type { TrainerDependencies } from '../dependencies.js';
import { completeFeatures, readEmbedder } from '../embed/complete-features.js';
import { embedderWeights } from '../embed/embedder-weights.js';
import { reportStage } from '../stage-reporter.js';

export type ProbeDependencies = Pick<
  TrainerDependencies,
  'registry' | 'blobs' | 'runtimes' | 'logger' | 'scope' | 'bucket' | 'cacheDir'
> & { readonly cacheOf: (embedder: Embedder) => ActivationCache };

/** Beyond these accuracies are known to a point, and a probe takes longer than that is worth (ten seconds of one CPU). */
const MOST_IMAGES = 2_000;

interface ProbedImage extends ManifestImage {
  readonly class: number;
}

/** Train and val images with a known label, each once, in ascending order of digest. A digest is as good as a draw: the first ones are a fair sample. */
const imagesToProbe = ({ labels }: DatasetRoot, images: readonly ManifestImage[]): ProbedImage[] => {
  const classes = new Map(labels.map((label, at) => [label, at]));
  const known = images.flatMap((image): ProbedImage[] => {
    const ofImage = classes.get(image.label);
    return image.split === 'test' || ofImage === undefined ? [] : [{ ...image, class: ofImage }];
  });
  return [...new Map(known.map((image) => [image.sha256, image])).values()]
    .sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1))
    .slice(0, MOST_IMAGES);
};

/** @throws AppError `dataset_unfit` where there are too few images to leave some out; whatever keeps weights or images from being read. */
export const createProbeBackbone =
  (dependencies: ProbeDependencies): EmbedActivities['probeBackbone'] =>
  (input) => {
    const {
      runId,
      plan: planDigest,
      embedder: embedderDigest,
      datasetVersion,
      folds,
      seed,
    } = probeBackboneInputSchema.parse(input);
    const { registry, blobs, logger } = dependencies;
    const scope = dependencies.scope();
    const { signal } = scope;
    return whileBeating(scope, () =>
      reportStage({ registry, logger, runId, stage: 'probe' }, async (reporter) => {
        const plan = await readDocument(blobs, trainingPlanSchema, planDigest);
        const embedder = await readEmbedder(blobs, embedderDigest);
        const { root, images: all } = await readDatasetVersion(blobs, datasetVersion);
        const images = imagesToProbe(root, all);
        const digests = images.map(({ sha256 }) => sha256);
        const cache = dependencies.cacheOf(embedder);
        const { values: features, length } = await completeFeatures({
          ...{ dependencies, cache, embedder, signal },
          onRecomputed: (count) =>
            reporter.warning(`features of ${count} images were not in the cache any more and are computed again`),
        }).features(digests);

        const rows = { features, length, labels: images.map((image) => image.class), classes: root.labels.length };
        const { right, folds: judged } = await crossValidatedProbe({
          ...rows,
          groups: images.map(({ group }) => group ?? null),
          folds,
          seed,
          signal,
          onFold: (done) => reporter.progress({ step: done, total: folds }),
        });
        const backbone = describeNetwork(plan.backbone);
        const { checkpoint } = await embedderWeights(plan, backbone, dependencies);
        const familiarity = measureFamiliarity({ backbone, checkpoint }, rows);
        const result: ProbeResult = {
          schemaVersion: 'probe.v1',
          embedder: embedderDigest,
          datasetVersion,
          labels: root.labels.length,
          images: digests,
          right: [...right],
          folds: [...judged],
          familiarity,
          separability: separability(rows),
          familiar: isFamiliar(familiarity),
        };
        const accuracy = right.filter(Boolean).length / right.length;
        return {
          result: { probe: await writeDocument(blobs, probeResultSchema, result) },
          data: { accuracy, images: images.length, familiarity, separability: result.separability },
        };
      }),
    );
  };
