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
  type ManifestImage,
  type Preprocessing,
} from '@graft/contracts';
import { readDatasetVersion } from '@graft/data';
import { loadOnnxModel, preprocessImage, type Runtime } from '@graft/models';
import { whileBeating } from '@graft/platform/temporal';
import { defaultThreads, type TrainerDependencies } from '../dependencies.js';
import { readEmbedder } from '../embed/complete-features.js';
import { measureLatency } from '../evaluate/measure-latency.js';
import { imagesOfSplit } from '../dataset-images.js';
import { candidateOnnx } from './candidate-onnx.js';

type Dependencies = Pick<TrainerDependencies, 'blobs' | 'logger' | 'scope' | 'machine' | 'bucket' | 'cacheDir'>;

/** Different images, so that no cache of one input flatters a model. */
const LATENCY_IMAGES = 4;

interface Loaded {
  readonly facts: Omit<BackboneMeasures['candidates'][number], 'latency'>;
  readonly runtime: Runtime;
  readonly inputs: readonly Float32Array[];
}

const inputsOf = (
  images: readonly ManifestImage[],
  preprocessing: Preprocessing,
  { blobs }: Pick<Dependencies, 'blobs'>,
): Promise<Float32Array[]> =>
  Promise.all(
    images.slice(0, LATENCY_IMAGES).map(async ({ sha256 }) => preprocessImage(await blobs.get(sha256), preprocessing)),
  );

/** @throws AppError as `candidateOnnx`. */
export const createMeasureBackbones =
  (dependencies: Dependencies): EvaluateActivities['measureBackbones'] =>
  (input) => {
    const { datasetVersion, candidates } = measureBackbonesInputSchema.parse(input);
    const { blobs, logger, machine } = dependencies;
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
            inputs: await inputsOf(shown, preprocessing, dependencies),
          });
        }
        const latencies = await measureLatency({ models: loaded, cpuClass: machine.cpuClass, signal });
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
