/** Builds the frozen part of a plan's network as an ONNX artifact. The same plan gives the same bytes. */
import { readDocument, writeDocument } from '@graft/artifacts';
import { embedderSchema, prepareEmbedderInputSchema, trainingPlanSchema, type EmbedActivities } from '@graft/contracts';
import { buildEmbedder, describeNetwork } from '@graft/models';
import { whileBeating } from '@graft/platform/temporal';
import type { TrainerDependencies } from '../dependencies.js';
import { reportStage } from '../stage-reporter.js';
import { embedderWeights } from './embedder-weights.js';

type Dependencies = Pick<TrainerDependencies, 'registry' | 'blobs' | 'logger' | 'scope' | 'bucket' | 'cacheDir'>;

/** @throws AppError whatever keeps the plan or its weights from being read, or the network from being cut there. */
export const createPrepareEmbedder =
  (dependencies: Dependencies): EmbedActivities['prepareEmbedder'] =>
  (input) => {
    const { runId, plan: planDigest } = prepareEmbedderInputSchema.parse(input);
    const { registry, blobs, logger, scope } = dependencies;
    return whileBeating(scope(), () =>
      reportStage({ registry, logger, runId, stage: 'embedder' }, async () => {
        const plan = await readDocument(blobs, trainingPlanSchema, planDigest);
        const { inputSize } = plan;
        const backbone = describeNetwork(plan.backbone);
        const { checkpoint, digest: weightsDigest } = await embedderWeights(plan, backbone, dependencies);
        const { onnx, cut, featureLength, shape } = buildEmbedder({
          backbone,
          checkpoint,
          size: { height: inputSize, width: inputSize },
          cut: plan.cut,
        });
        const onnxDigest = await blobs.put(onnx, { mediaType: 'application/octet-stream' });
        const { name } = backbone;
        const embedder = await writeDocument(blobs, embedderSchema, {
          schemaVersion: 'embedder.v1',
          backbone: name,
          weightsDigest,
          onnxDigest,
          cut,
          featureLength,
          ...(shape === undefined ? {} : { shape }),
          preprocessing: { ...backbone.preprocessing, inputSize },
        });
        return { result: { embedder }, data: { backbone: name, cut, featureLength, bytes: onnx.byteLength } };
      }),
    );
  };
