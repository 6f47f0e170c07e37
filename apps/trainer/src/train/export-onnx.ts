/** What was trained as the one ONNX model that is evaluated and served. */
import { canonicalJson, type BlobStore, type Embedder } from '@graft/contracts';
import { buildTrainedClassifier, describeNetwork, joinTail, PREPROCESSING_KEY } from '@graft/models';
import type { Trained } from './read-trained.js';

/**
 * Embedder and trained tail joined, or the whole trained network; batch norms folded. The same weights give the same bytes.
 * @param metadata beside labels and preprocessing.
 */
export const exportOnnx = async (
  { plan, labels, network }: Trained,
  { embedder, blobs, metadata }: { embedder: Embedder; blobs: BlobStore; metadata: Readonly<Record<string, string>> },
): Promise<Uint8Array> => {
  const told = { labels, metadata: { ...metadata, [PREPROCESSING_KEY]: canonicalJson(embedder.preprocessing) } };
  if (plan.learnsFromActivations)
    return joinTail({ ...told, embedderOnnx: await blobs.get(embedder.onnxDigest), tail: network });
  return buildTrainedClassifier({
    ...told,
    backbone: describeNetwork(plan.backbone),
    ...network,
  });
};
