/** Inspects the objects of one chunk, a few at a time. */
import { readDocument, writeDocument } from '@graft/artifacts';
import {
  digestSchema,
  inspectedChunkSchema,
  landingChunkSchema,
  nameSchema,
  type IngestActivities,
} from '@graft/contracts';
import { createByteBudget, DEFAULT_IMAGE_LIMITS } from '@graft/data';
import pLimit from 'p-limit';
import { z } from 'zod';
import { whileBeating } from '@graft/platform/temporal';
import type { IngestDependencies } from './dependencies.js';
import { inspectObject } from './inspect-object.js';

/** Objects of a chunk that are under way at the same time: some wait for the object store while others are decoded. */
const CONCURRENCY = 8;
/** Of files as they landed that this worker holds at the same time; what is decoded of them has a budget of its own. */
const FILE_BYTES = 128 * 1024 * 1024;

const inputSchema = z.object({ dataset: nameSchema, chunk: digestSchema });

export const createInspectChunk = (dependencies: IngestDependencies): IngestActivities['inspectChunk'] => {
  const { blobs, scope, imageLimits } = dependencies;
  const { maxBytes } = { ...DEFAULT_IMAGE_LIMITS, ...imageLimits };
  const files = createByteBudget(FILE_BYTES);
  return async (input) => {
    const { dataset, chunk } = inputSchema.parse(input);
    const activity = scope();
    return whileBeating(activity, async () => {
      const { objects } = await readDocument(blobs, landingChunkSchema, chunk);
      const limit = pLimit(CONCURRENCY);
      // After a failure nothing more is begun: this activity is tried again as a whole.
      const inspected = await Promise.all(
        objects.map((object) =>
          limit(async () => {
            activity.signal.throwIfAborted();
            // No more than the limit is ever read, whatever the listing says.
            return files.run(Math.min(object.sizeBytes, maxBytes), () => inspectObject(object, dependencies));
          }),
        ),
      ).finally(() => limit.clearQueue());
      return writeDocument(blobs, inspectedChunkSchema, {
        schemaVersion: 'inspected-chunk.v1',
        dataset,
        chunk,
        objects: inspected.filter((each) => each !== null),
      });
    });
  };
};
