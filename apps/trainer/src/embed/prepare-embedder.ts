/** Builds the frozen part of the pipeline's backbone as an ONNX artifact. The same weights give the same bytes. */
import { readFromBuckets, writeDocument } from '@graft/artifacts';
import { embedderSchema, prepareEmbedderInputSchema, type EmbedActivities } from '@graft/contracts';
import { buildEmbedder, describeNetwork, loadCheckpoint, weightsOf } from '@graft/models';
import { whileBeating } from '@graft/platform/temporal';
import type { TrainerDependencies } from '../dependencies.js';
import { reportStage } from '../stage-reporter.js';

export const createPrepareEmbedder =
  ({
    registry,
    blobs,
    logger,
    scope,
    bucket,
    cacheDir,
  }: Pick<
    TrainerDependencies,
    'registry' | 'blobs' | 'logger' | 'scope' | 'bucket' | 'cacheDir'
  >): EmbedActivities['prepareEmbedder'] =>
  (input) => {
    const { runId, train } = prepareEmbedderInputSchema.parse(input);
    return whileBeating(scope(), () =>
      reportStage({ registry, logger, runId, stage: 'embedder' }, async () => {
        const backbone = describeNetwork(train.backbone);
        const { reference, expectedDigest } = weightsOf(backbone, train.weights);
        const weights = await loadCheckpoint(reference, {
          cacheDir,
          expectedDigest,
          objects: readFromBuckets(bucket),
        });
        const inputSize = train.inputSize ?? backbone.inputSize;
        const { onnx, cut, featureLength } = buildEmbedder({
          backbone,
          checkpoint: weights.checkpoint,
          size: { height: inputSize, width: inputSize },
        });
        const onnxDigest = await blobs.put(onnx, { mediaType: 'application/octet-stream' });
        const { name } = backbone;
        const embedder = await writeDocument(blobs, embedderSchema, {
          schemaVersion: 'embedder.v1',
          backbone: name,
          weightsDigest: weights.digest,
          onnxDigest,
          cut,
          featureLength,
          preprocessing: { ...backbone.preprocessing, inputSize },
        });
        return { result: { embedder }, data: { backbone: name, featureLength, bytes: onnx.byteLength } };
      }),
    );
  };
