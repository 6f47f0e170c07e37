/** The activities of the queue `ingest`. */
import type { IngestActivities } from '@graft/contracts';
import { createCompleteIngest } from './complete-ingest.js';
import type { IngestDependencies } from './dependencies.js';
import { createExpandArchive } from './expand-archive.js';
import { createInspectChunk } from './inspect-chunk.js';
import { createPlanIngest } from './plan-ingest.js';
import { createRecentDocuments } from './recent-documents.js';

export const createIngestActivities = (dependencies: IngestDependencies): IngestActivities => {
  const recent = createRecentDocuments(dependencies.blobs);
  return {
    planIngest: createPlanIngest(dependencies, recent),
    expandArchive: createExpandArchive(dependencies),
    inspectChunk: createInspectChunk(dependencies),
    completeIngest: createCompleteIngest(dependencies, recent),
  };
};
