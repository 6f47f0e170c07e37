/** Inspects the objects of one chunk, a few at a time. */
import { readDocument, writeDocument } from '@graft/artifacts';
import {
  digestSchema,
  inspectedChunkSchema,
  landingChunkSchema,
  nameSchema,
  type IngestActivities,
} from '@graft/contracts';
import pLimit from 'p-limit';
import { z } from 'zod';
import { whileBeating } from '@graft/platform/temporal';
import type { IngestDependencies } from './dependencies.js';
import { inspectObject } from './inspect-object.js';

/** Images read and decoded at the same time: decoded pixels can be large (3 bytes each). */
const CONCURRENCY = 4;

const inputSchema = z.object({ dataset: nameSchema, chunk: digestSchema });

export const createInspectChunk = (dependencies: IngestDependencies): IngestActivities['inspectChunk'] => {
  const { blobs, scope } = dependencies;
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
            return inspectObject(object, dependencies);
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
