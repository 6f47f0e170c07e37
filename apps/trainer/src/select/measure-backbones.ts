/**
 * What the candidates of a selection cost here: bytes, parameters, multiply-accumulates, and the latency of one image, all of them in
 * turns, so that whatever else the machine does falls on all alike.
 */
import { readDocument, writeDocument } from '@graft/artifacts';
import {
  AppError,
  backboneMeasuresSchema,
  measureBackbonesInputSchema,
  parseCandidate,
  trainingPlanSchema,
  type BackboneMeasures,
  type EvaluateActivities,
} from '@graft/contracts';
import { readDatasetVersion } from '@graft/data';
import { loadOnnxModel } from '@graft/models';
import { whileBeating } from '@graft/platform/temporal';
import { defaultThreads, type TrainerDependencies } from '../dependencies.js';
import { readEmbedder } from '../embed/complete-features.js';
import { measureLatencies, type TimedModel } from '../evaluate/contestant.js';
import { imagesOfSplit } from '../dataset-images.js';
import { candidateOnnx } from './candidate-onnx.js';

type Dependencies = Pick<TrainerDependencies, 'blobs' | 'logger' | 'scope' | 'machine' | 'bucket' | 'cacheDir'>;

interface Loaded extends TimedModel {
  readonly facts: Omit<BackboneMeasures['candidates'][number], 'latency'>;
}

/** @throws AppError as `candidateOnnx`. */
export const createMeasureBackbones =
  (dependencies: Dependencies): EvaluateActivities['measureBackbones'] =>
  (input) => {
    const { datasetVersion, candidates } = measureBackbonesInputSchema.parse(input);
    const { blobs, logger } = dependencies;
    const scope = dependencies.scope();
    const { signal } = scope;
    return whileBeating(scope, async () => {
      const { root, images } = await readDatasetVersion(blobs, datasetVersion);
      const shown = imagesOfSplit(images, 'train');
      const loaded: Loaded[] = [];
      try {
        for (const { candidate, plan: planDigest, embedder: embedderDigest } of candidates) {
          signal.throwIfAborted();
          const plan = await readDocument(blobs, trainingPlanSchema, planDigest);
          const { preprocessing } = await readEmbedder(blobs, embedderDigest);
          const { variant } = parseCandidate(candidate);
          const { onnx, parameters, macs } = await candidateOnnx(
            { plan, preprocessing, variant, labels: root.labels, images },
            dependencies,
            signal,
          );
          loaded.push({
            facts: { candidate, backbone: plan.backbone, parameters, macs, sizeBytes: onnx.byteLength },
            runtime: await loadOnnxModel(onnx, { threads: defaultThreads() }),
            signature: { preprocessing },
          });
        }
        const latencies = await measureLatencies(dependencies, loaded, { images: shown, signal });
        const measured = loaded.map(({ facts }, at) => {
          const latency = latencies[at];
          if (latency === undefined)
            throw new AppError('internal', `the latency of ${facts.candidate} was not measured`);
          return { ...facts, latency };
        });
        logger.info({ candidates: measured.length, datasetVersion }, 'backbones measured');
        const document: BackboneMeasures = {
          schemaVersion: 'backbone-measures.v1',
          datasetVersion,
          candidates: measured,
        };
        return { measures: await writeDocument(blobs, backboneMeasuresSchema, document) };
      } finally {
        await Promise.all(loaded.map(({ runtime }) => runtime.dispose()));
      }
    });
  };
