/**
 * Embeds the images of recorded shards again: each shard's images together and in their order, so that the same machine gives the
 * same bytes. A shard that comes out otherwise goes to the content store, where no other training reads it.
 */
import { readDocument, writeDocument } from '@graft/artifacts';
import {
  activationsSchema,
  recomputeActivationsInputSchema,
  type Activations,
  type Digest,
  type EmbedActivities,
} from '@graft/contracts';
import { whileBeating } from '@graft/platform/temporal';
import { activationKeyDigest, activationKeyOf } from '../activation-cache/activation-key.js';
import { decodeShard, encodeShard, sha256Of } from '../activation-cache/shard.js';
import type { TrainerDependencies } from '../dependencies.js';
import { readEmbedder } from '../embed/complete-features.js';
import { embedImages } from '../embed/embed-images.js';
import { reportStage } from '../stage-reporter.js';

type Dependencies = Pick<
  TrainerDependencies,
  'registry' | 'objects' | 'blobs' | 'logger' | 'scope' | 'machine' | 'runtimes'
>;

/** The images of a shard, in their order; null where it is gone: its images are embedded when training asks for them. */
const imagesOf = async (
  { objects }: Pick<Dependencies, 'objects'>,
  shard: Digest,
  { key, length }: { key: Activations['key']; length: number },
): Promise<readonly Digest[] | null> => {
  const stored = await objects.get(`activations/${activationKeyDigest(key)}/${shard}.safetensors`);
  return stored === null ? null : decodeShard(stored.bytes, { shard, length, storage: key.storage }).digests;
};

export const createRecomputeActivations =
  (dependencies: Dependencies): EmbedActivities['recomputeActivations'] =>
  (input) => {
    const parsed = recomputeActivationsInputSchema.parse(input);
    const { registry, blobs, logger, machine, runtimes } = dependencies;
    const { runId } = parsed;
    const scope = dependencies.scope();
    return whileBeating(scope, () =>
      reportStage({ registry, logger, runId, stage: 'embed' }, async (reporter) => {
        const recorded = await readDocument(blobs, activationsSchema, parsed.activations);
        const embedder = await readEmbedder(blobs, parsed.embedder);
        const shape = { key: recorded.key, length: embedder.featureLength };
        const shards: Digest[] = [];
        let images = 0;
        for (const [at, shard] of recorded.shards.entries()) {
          const digests = await imagesOf(dependencies, shard, shape);
          if (digests === null) continue;
          const activations = await runtimes.use(embedder.onnxDigest, (runtime) =>
            embedImages({ images: digests, embedder, runtime, blobs, signal: scope.signal }),
          );
          const bytes = encodeShard(activations, recorded.key.storage);
          const made = sha256Of(bytes);
          if (made !== shard) await blobs.put(bytes, { mediaType: 'application/octet-stream' });
          shards.push(made);
          images += digests.length;
          reporter.progress({ step: at + 1, total: recorded.shards.length });
        }
        const same = shards.filter((shard) => recorded.shards.includes(shard)).length;
        const activations = await writeDocument(blobs, activationsSchema, {
          ...{ schemaVersion: 'activations.v1', embedder: parsed.embedder, shards: [...shards].sort() },
          // Where all came out as they were, they are the recorded ones; others depend on this machine.
          key: same === recorded.shards.length ? recorded.key : activationKeyOf(embedder, machine),
        });
        return {
          result: { activations },
          data: { embedded: images, shards: shards.length, same },
          message: `features of ${images} images computed again: ${same} of ${recorded.shards.length} shards have the recorded bytes`,
        };
      }),
    );
  };
