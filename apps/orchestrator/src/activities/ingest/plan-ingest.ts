/** Lists what landed, puts archives apart, and cuts what else is new into chunks for the inspectors. */
import { writeDocument } from '@graft/artifacts';
import {
  ingestDatasetInputSchema,
  landingChunkSchema,
  type BlobStore,
  type Digest,
  type IngestActivities,
  type LandingObject,
} from '@graft/contracts';
import { isArchiveKey } from '@graft/data';
import { whileBeating } from '@graft/platform/temporal';
import type { IngestDependencies } from './dependencies.js';
import type { RecentDocuments } from './recent-documents.js';
import { createUnseenObjects } from './unseen-objects.js';

/** Objects in a chunk: some seconds of work, which is what a killed worker loses. */
const CHUNK_OBJECTS = 256;

/**
 * Objects in one ingestion: keeps plans and histories far from Temporal's limits. What is beyond it is found by the
 * reconciler, and makes the next version.
 */
const PLAN_OBJECTS = 200_000;

/** Archives in one plan; the same goes for what is beyond it. */
const PLAN_ARCHIVES = 100;

const writeChunk = (blobs: BlobStore, dataset: string, objects: readonly LandingObject[]): Promise<Digest> =>
  writeDocument(blobs, landingChunkSchema, { schemaVersion: 'landing-chunk.v1', dataset, objects: [...objects] });

/** The last ones in one chunk or in two as large as each other: inspectors that work side by side then end together. */
const shareOut = (open: readonly LandingObject[]): (readonly LandingObject[])[] => {
  if (open.length === 0) return [];
  if (open.length <= CHUNK_OBJECTS) return [open];
  const half = Math.ceil(open.length / 2);
  return [open.slice(0, half), open.slice(half)];
};

/** @throws AppError `not_found` where the registry has no such dataset. */
export const createPlanIngest = (
  dependencies: IngestDependencies,
  recent: RecentDocuments,
): IngestActivities['planIngest'] => {
  const { registry, blobs, scope, now } = dependencies;
  const unseenObjects = createUnseenObjects(dependencies, recent);
  return async (input) => {
    const { dataset } = ingestDatasetInputSchema.parse(input);
    const activity = scope();
    return whileBeating(activity, async () => {
      const startedAt = now().toISOString();
      const { latestVersion, corrections } = await registry.getDataset(dataset);
      const takenIn = latestVersion === null ? 0 : (await registry.getDatasetVersion(latestVersion)).corrections;
      const chunks: Digest[] = [];
      const archives: LandingObject[] = [];
      let open: LandingObject[] = [];
      let objects = 0;
      for await (const object of unseenObjects(dataset, latestVersion)) {
        activity.signal.throwIfAborted();
        if (isArchiveKey(object.key)) {
          if (archives.length < PLAN_ARCHIVES) archives.push(object);
          continue;
        }
        open.push(object);
        objects += 1;
        if (open.length === 2 * CHUNK_OBJECTS) {
          chunks.push(await writeChunk(blobs, dataset, open.slice(0, CHUNK_OBJECTS)));
          open = open.slice(CHUNK_OBJECTS);
        }
        if (objects === PLAN_OBJECTS) break;
      }
      for (const rest of shareOut(open)) chunks.push(await writeChunk(blobs, dataset, rest));
      return {
        parent: latestVersion,
        chunks,
        objects,
        corrections: corrections > takenIn ? corrections : 0,
        ...(archives.length > 0 ? { archives } : {}),
        startedAt,
      };
    });
  };
};
