/** Builds the frozen part of the pipeline's backbone as an ONNX artifact. The same weights give the same bytes. */
import { writeDocument } from '@graft/artifacts';
import { embedderSchema, prepareEmbedderInputSchema, type EmbedActivities } from '@graft/contracts';
import { buildEmbedder, findBackbone, loadCheckpoint } from '@graft/models';
import { whileBeating } from '@graft/platform/temporal';
import type { TrainerDependencies } from '../dependencies.js';
import { reportStage } from '../stage-reporter.js';
import { weightsInBuckets } from './weights-in-buckets.js';

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
        const backbone = findBackbone(train.backbone);
        // The catalog's digest vouches for the catalog's own weights; a reference that a person gave stands for itself.
        const weights = await loadCheckpoint(train.weights ?? backbone.weights, {
          cacheDir,
          objects: weightsInBuckets(bucket),
          ...(train.weights === undefined ? { expectedDigest: backbone.weightsDigest } : {}),
        });
        const inputSize = train.inputSize ?? backbone.inputSize;
        const { onnx, cut, featureLength } = buildEmbedder({
          backbone,
          checkpoint: weights.checkpoint,
          size: { height: inputSize, width: inputSize },
        });
        const onnxDigest = await blobs.put(onnx, { mediaType: 'application/octet-stream' });
        const name = `${backbone.architecture}.${backbone.tag}`;
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
