/** Bulk classifications: whether there is something to ask about and room for the answers, and what is said when all are there. */
import type { ObjectInfo, ObjectStore } from '@graft/artifacts';
import {
  AppError,
  BULK_FOLDER,
  BULK_MANIFEST,
  bulkCountsSchema,
  bulkManifestSchema,
  isBulkOver,
  readObjectPrefix,
  toCanonicalDocument,
  type BulkClassification,
  type BulkControlActivities,
} from '@graft/contracts';
import { whileBeating } from '@graft/platform/temporal';
import { z } from 'zod';
import type { ControlDependencies } from './dependencies.js';

const idSchema = z.object({ bulkId: z.string() });
const concludeSchema = idSchema.extend({ counts: bulkCountsSchema });
const failSchema = idSchema.extend({ error: z.object({ code: z.string(), message: z.string() }) });

const isPart = (name: string): boolean => /^part-\d{5,}\.jsonl$/.test(name);

const first = async (objects: AsyncIterable<ObjectInfo>): Promise<ObjectInfo | null> => {
  for await (const object of objects) return object;
  return null;
};

export const createBulkActivities = ({
  registry,
  bucket,
  ownBuckets,
  logger,
  scope,
}: ControlDependencies): BulkControlActivities => {
  /** @throws AppError `conflict` where something lies there, `refused` where what is put there would be taken for new images */
  const checkTarget = async ({ target, source }: BulkClassification): Promise<void> => {
    const { bucket: name, prefix } = readObjectPrefix(target);
    const refused = (why: string): AppError =>
      new AppError('refused', `${target} ${why}: name another bucket for the answers`, { details: { target, source } });
    if (name === ownBuckets.landing)
      throw refused('is in the landing zone, and what lies there is taken in as images of a dataset');
    if (name === ownBuckets.artifacts && !prefix.startsWith(BULK_FOLDER))
      throw refused(`is in the bucket of what Graft makes, where answers lie below ${BULK_FOLDER} alone`);
    const present = await first(bucket(name).list(prefix));
    if (present === null) return;
    throw new AppError(
      'conflict',
      `${target} is not empty (${present.key}): answers go to a place of their own, which nothing lies at yet`,
      { details: { target, key: present.key } },
    );
  };

  const count = async (objects: ObjectStore, prefix: string): Promise<number> => {
    let total = 0;
    for await (const _ of objects.list(prefix)) {
      scope().signal.throwIfAborted();
      total += 1;
    }
    return total;
  };

  return {
    openBulk: async (input) => {
      const { bulkId } = idSchema.parse(input);
      const bulk = await registry.getBulk(bulkId);
      if (isBulkOver(bulk)) return;
      const source = readObjectPrefix(bulk.source);
      await whileBeating(scope(), async () => {
        // Begun before: what lies at the target is its own.
        if (bulk.state === 'requested') await checkTarget(bulk);
        const total = await count(bucket(source.bucket), source.prefix);
        if (total === 0) {
          throw new AppError('not_found', `nothing lies under ${bulk.source}: is its name right?`, {
            details: { source: bulk.source },
          });
        }
        await registry.patchBulk(bulkId, { state: 'running', total });
      });
    },

    concludeBulk: async (input) => {
      const { bulkId, counts } = concludeSchema.parse(input);
      const bulk = await registry.getBulk(bulkId);
      if (isBulkOver(bulk)) return;
      const { bucket: name, prefix } = readObjectPrefix(bulk.target);
      const store = bucket(name);
      const { signature } = await registry.getModelVersion(bulk.model, bulk.version);
      const parts: { name: string; sizeBytes: number; etag: string }[] = [];
      await whileBeating(scope(), async () => {
        for await (const { key, sizeBytes, etag } of store.list(prefix)) {
          const part = key.slice(prefix.length);
          if (isPart(part)) parts.push({ name: part, sizeBytes, etag });
        }
      });
      const { id, model, version, variant, artifactDigest, source } = bulk;
      const { bytes } = toCanonicalDocument(bulkManifestSchema, {
        ...{ schemaVersion: 'bulk-manifest.v1', id, model, version, variant, artifactDigest, source },
        ...{ labels: signature.labels, objects: counts.objects, unfit: counts.unfit, parts },
      });
      await store.put(prefix + BULK_MANIFEST, bytes, { mediaType: 'application/json' });
      await registry.patchBulk(bulkId, { state: 'succeeded', ...counts });
      logger.info({ bulkId, model, version, variant, ...counts }, 'prefix classified');
    },

    failBulk: async (input) => {
      const { bulkId, error } = failSchema.parse(input);
      await registry.patchBulk(bulkId, { state: 'failed', error });
      logger.warn({ bulkId, code: error.code, detail: error.message }, 'bulk classification failed');
    },
  };
};
