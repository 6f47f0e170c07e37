/**
 * How far the new training images lie from those that the champion learned from, on the embedder's features: its vectors, or
 * where it gives maps, the mean of each channel.
 */
import { listErased, writeDocument } from '@graft/artifacts';
import {
  driftSchema,
  isDrift,
  measureDriftInputSchema,
  type Embedder,
  type FeatureSource,
  type ManifestImage,
  type TrainActivities,
} from '@graft/contracts';
import { measureDrift, readDatasetVersion } from '@graft/data';
import type { ActivationCache } from '../activation-cache/activation-cache.js';
import { whileBeating } from '@graft/platform/temporal';
import type { TrainerDependencies } from '../dependencies.js';
import { channelMeans } from '../embed/channel-means.js';
import { completeFeatures, readEmbedder } from '../embed/complete-features.js';
import { reportStage } from '../stage-reporter.js';

/** Fixed, so that the same two versions always give the same document. */
const DRIFT_SEED = 0;

type Dependencies = Pick<TrainerDependencies, 'registry' | 'blobs' | 'objects' | 'logger' | 'scope' | 'runtimes'> & {
  readonly cacheOf: (embedder: Embedder) => ActivationCache;
};

export const createMeasureDrift =
  (dependencies: Dependencies): TrainActivities['measureDrift'] =>
  (input) => {
    const { runId, embedder: embedderDigest, datasetVersion, reference } = measureDriftInputSchema.parse(input);
    const { registry, blobs, objects, logger, cacheOf } = dependencies;
    const scope = dependencies.scope();
    return whileBeating(scope, () =>
      reportStage({ registry, logger, runId, stage: 'drift' }, async (reporter) => {
        const embedder = await readEmbedder(blobs, embedderDigest);
        // A champion of another backbone, or of another dataset, may have learned from images that were never embedded
        // here: they are embedded now, since a comparison needs both sides.
        const activations = completeFeatures({
          dependencies,
          cache: cacheOf(embedder),
          embedder,
          signal: scope.signal,
          onRecomputed: (images) => reporter.warning(`features of ${images} images were not cached and are computed`),
        });
        const { shape } = embedder;
        const features: FeatureSource = shape === undefined ? activations : channelMeans(activations, shape);
        const [referenceVersion, currentVersion] = await Promise.all([
          readDatasetVersion(blobs, reference),
          readDatasetVersion(blobs, datasetVersion),
        ]);
        // A champion may have learned from what was erased since: the comparison does without.
        const erased = await listErased(objects);
        const left = <V extends { readonly images: readonly ManifestImage[] }>(version: V): V => ({
          ...version,
          images: version.images.filter(({ sha256 }) => !erased.has(sha256)),
        });
        const measured = await measureDrift({
          reference: { id: reference, ...left(referenceVersion) },
          current: { id: datasetVersion, ...left(currentVersion) },
          features,
          seed: DRIFT_SEED,
        });
        const drift = await writeDocument(blobs, driftSchema, measured);
        const featuresDrifted = measured.features?.detected ?? false;
        const labelsDrifted = measured.labels?.detected ?? false;
        const qualityDrifted = measured.quality?.detected ?? false;
        const detected = isDrift(measured);
        const data = {
          detected,
          featuresDrifted,
          labelsDrifted,
          qualityDrifted,
          newImages: measured.newImages,
          referenceImages: measured.referenceImages,
          p: measured.features?.p ?? null,
          statistic: measured.features?.statistic ?? null,
          labelsP: measured.labels?.p ?? null,
          qualityMeasures: (measured.quality?.measures ?? [])
            .filter((each) => each.detected)
            .map(({ measure }) => measure)
            .join(', '),
        };
        if (detected) {
          const what = [
            featuresDrifted ? 'look different' : null,
            labelsDrifted ? 'are labelled in other proportions' : null,
            qualityDrifted ? `differ in ${data.qualityMeasures}` : null,
          ].filter(Boolean);
          await reporter.warning(`the new images ${what.join(' and ')} from those the champion learned from`, data);
        }
        return { result: { drift, detected }, data };
      }),
    );
  };
