/**
 * Makes a dataset version out of its parent and what was found, and registers it.
 *
 * Order matters for a crash between any two steps: the version is registered first, with a log and a quarantine of its
 * own; only then are the tails that it took in removed. Killed before, the same input makes the same version; killed
 * after, tails are read once more and say nothing new. Corrections come first, the landing is joined to what they make of
 * the parent. An ingestion that changes nothing can't make a version (it would have the parent's id): what it looked at is
 * kept as a tail (landing-tails.ts of @graft/artifacts) until the next version.
 */
import { readDocument, readLandingTails, removeLandingTails, writeDocument, writeLandingTail } from '@graft/artifacts';
import {
  AppError,
  digestSchema,
  ingestPlanSchema,
  inspectedChunkSchema,
  nameSchema,
  quarantineSchema,
  takenOutSchema,
  type BlobStore,
  type Digest,
  type IngestActivities,
  type InspectedObject,
  type LandedImage,
  type QuarantineEntry,
} from '@graft/contracts';
import {
  diffVersions,
  extendLandingLog,
  holdTheSame,
  mergeInSteps,
  readQuarantine,
  takeInCorrections,
  writeDatasetVersion,
} from '@graft/data';
import pLimit from 'p-limit';
import { z } from 'zod';
import { inSteps } from '@graft/platform';
import { whileBeating } from '@graft/platform/temporal';
import type { IngestDependencies } from './dependencies.js';
import type { RecentDocuments } from './recent-documents.js';
import { withThumbnails } from './show-quarantined.js';

const inputSchema = z.object({ dataset: nameSchema, plan: ingestPlanSchema, inspected: z.array(digestSchema) });

const READ_CONCURRENCY = 8;
/** Parts of corrections that match nothing and are logged one by one; all are counted. */
const LOGGED = 20;

const readInspected = async (blobs: BlobStore, digests: readonly Digest[]): Promise<InspectedObject[]> => {
  const limit = pLimit(READ_CONCURRENCY);
  const chunks = await Promise.all(
    digests.map((digest) => limit(() => readDocument(blobs, inspectedChunkSchema, digest))),
  );
  return chunks.flatMap(({ objects }) => objects);
};

interface Accumulated {
  /** Oldest first: of two entries of a key, the later one holds. */
  readonly entries: readonly QuarantineEntry[];
  /** What was in order this time: a key that was bad and was mended leaves the quarantine. */
  readonly taken: ReadonlySet<string>;
}

/** One entry a key, in ascending order of key. */
export const accumulateQuarantine = ({ entries, taken }: Accumulated): QuarantineEntry[] => {
  const byKey = new Map(entries.map((entry) => [entry.key, entry]));
  return [...byKey.values()].filter(({ key }) => !taken.has(key)).sort((a, b) => (a.key < b.key ? -1 : 1));
};

const isImage = (object: InspectedObject): object is Extract<InspectedObject, { outcome: 'image' }> =>
  object.outcome === 'image';
const isQuarantined = (object: InspectedObject): object is Extract<InspectedObject, { outcome: 'quarantined' }> =>
  object.outcome === 'quarantined';

/** The object that was looked at, whatever was found in it. */
const subjectOf = (object: InspectedObject): { key: string; etag: string } => {
  if (isImage(object)) return object.image;
  return isQuarantined(object) ? object.entry : object;
};

/** Whether an earlier version holds just this: it has its id, and the new one needs another. */
const isOfAnotherNumber = async (
  registry: IngestDependencies['registry'],
  id: Digest,
  number: number,
): Promise<boolean> => {
  try {
    return (await registry.getDatasetVersion(id)).number !== number;
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'not_found') return false;
    throw thrown;
  }
};

export const createCompleteIngest = (
  dependencies: IngestDependencies,
  recent: RecentDocuments,
): IngestActivities['completeIngest'] => {
  const { registry, objects, blobs, logger, scope, now } = dependencies;
  return async (input) => {
    const { dataset, plan, inspected } = inputSchema.parse(input);
    return whileBeating(scope(), async () => {
      const { policy } = await registry.getDataset(dataset);
      const found = await readInspected(blobs, inspected);
      const landed: LandedImage[] = found.filter(isImage).map(({ image }) => image);
      const looked = found.map(subjectOf).map(({ key, etag }) => ({ key, etag }));

      const parent = plan.parent === null ? null : await recent.readVersion(plan.parent);
      const parentVersion = plan.parent === null ? null : await registry.getDatasetVersion(plan.parent);
      const tails = await readLandingTails(objects, dataset);
      const corrections = Math.max(plan.corrections, parentVersion?.corrections ?? 0);
      const corrected = await takeInCorrections(dependencies, {
        dataset,
        parent,
        parentVersion,
        quarantine: accumulateQuarantine({
          entries: [...(await readQuarantine(blobs, parentVersion)), ...tails.quarantine],
          taken: new Set(),
        }),
        upTo: corrections,
      });
      for (const { correction, action, ref, why } of corrected.unmatched.slice(0, LOGGED)) {
        logger.warn({ dataset, correction, action, ref, why }, 'part of a correction changes nothing');
      }

      const { labels, renamed, takenOut, returning, reinstated } = corrected;
      const merged = await inSteps(
        mergeInSteps({
          dataset,
          parent: { root: { dataset, labels, renamed }, images: corrected.images },
          landed: [...landed, ...reinstated],
          policy,
          takenOut,
          waiting: corrected.quarantine,
          returning,
        }),
      );
      const fresh = await withThumbnails(
        blobs,
        [...found.filter(isQuarantined).map(({ entry }) => entry), ...merged.quarantine],
        dependencies.imageLimits,
      );
      const quarantined = fresh.length;
      const facts = {
        dataset,
        looked: looked.length,
        newImages: merged.newImages,
        duplicates: merged.duplicates,
        quarantined,
        corrections: corrections - (parentVersion?.corrections ?? 0),
        unmatched: corrected.unmatched.length,
      };

      const contents = {
        dataset,
        labels: merged.labels,
        images: merged.images,
        renamed,
        corrections,
        parent,
      };
      const written = await writeDatasetVersion(blobs, contents);
      if (parent === null ? written.root.images === 0 : holdTheSame(written.root, parent.root)) {
        if (looked.length > 0) await writeLandingTail(objects, { dataset, looked, quarantine: fresh });
        logger.info(facts, 'landing looked at: nothing for a version');
        return { datasetVersion: null, newImages: 0, quarantined, duplicates: merged.duplicates };
      }
      const number = (parentVersion?.number ?? 0) + 1;
      const { id, root } = (await isOfAnotherNumber(registry, written.id, number))
        ? await writeDatasetVersion(blobs, { ...contents, after: plan.parent ?? undefined })
        : written;

      const rejected = new Set(merged.quarantine.map(({ key }) => key));
      const entries = accumulateQuarantine({
        entries: [...merged.waiting, ...fresh],
        taken: new Set(
          found
            .filter((each) => !isQuarantined(each))
            .map((each) => subjectOf(each).key)
            .filter((key) => !rejected.has(key)),
        ),
      });
      const landingLog = await extendLandingLog(blobs, {
        dataset,
        log: await recent.readLog(dataset, parentVersion?.landingLog ?? null),
        looked: [...tails.looked, ...looked],
      });
      const { added, removed, relabelled } = diffVersions(parent, { root, images: merged.images });
      const version = await registry.createDatasetVersion({
        id,
        dataset,
        parent: plan.parent,
        labels: root.labels,
        images: root.images,
        newImages: added.length,
        bySplit: root.bySplit,
        bySource: root.bySource,
        quarantine:
          entries.length === 0
            ? null
            : await writeDocument(blobs, quarantineSchema, { schemaVersion: 'quarantine.v1', dataset, entries }),
        quarantined: entries.length,
        landingLog: landingLog.digest,
        corrections,
        takenOut:
          takenOut.length === 0
            ? null
            : await writeDocument(blobs, takenOutSchema, { schemaVersion: 'taken-out.v1', dataset, images: takenOut }),
        removed: removed.length,
        removedFromTest: removed.filter(({ split }) => split === 'test').length,
        relabelled: relabelled.length,
        leaks: policy.onLeakage === 'block' ? entries.filter(({ reason }) => reason === 'leaks_into_test').length : 0,
        ingestSeconds: Math.max(0, (now().getTime() - Date.parse(plan.startedAt)) / 1000),
      });
      recent.keepVersion(id, { root, images: merged.images });
      recent.keepLog(dataset, landingLog.digest, landingLog.log);
      await removeLandingTails(objects, tails.keys);
      logger.info(
        { ...facts, datasetVersion: id, number: version.number, images: root.images },
        'dataset version made',
      );
      return { datasetVersion: id, newImages: added.length, quarantined, duplicates: merged.duplicates };
    });
  };
};
