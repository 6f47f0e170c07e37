/** Makes one dataset version of what landed: list, inspect in parallel, merge and register. */
import {
  ingestDatasetInputSchema,
  type IngestDatasetInput,
  type IngestDatasetResult,
  type IngestPlan,
} from '@graft/contracts';
import { log } from '@temporalio/workflow';
import { failureCause, parseInput } from './failures.js';
import { mapBounded } from './map-bounded.js';
import { ingest } from './proxies.js';

/** Chunks in flight over all ingest workers; each worker bounds its own. */
const INSPECT_LIMIT = 8;
/** Another ingestion of the dataset can win the race to a version so often before this one gives up. */
const PLANS = 10;

const inspectAndComplete = async (dataset: string, plan: IngestPlan): Promise<IngestDatasetResult> => {
  const inspected = await mapBounded({
    items: plan.chunks,
    limit: INSPECT_LIMIT,
    run: (chunk) => ingest.inspectChunk({ dataset, chunk }),
  });
  return ingest.completeIngest({ dataset, plan, inspected });
};

export async function ingestDataset(input: IngestDatasetInput): Promise<IngestDatasetResult> {
  const { dataset } = parseInput(ingestDatasetInputSchema, input);
  for (let plans = 1; ; plans += 1) {
    const plan = await ingest.planIngest({ dataset });
    if (plan.chunks.length === 0) return { datasetVersion: null, newImages: 0, quarantined: 0 };
    try {
      return await inspectAndComplete(dataset, plan);
    } catch (error) {
      const { code, message } = failureCause(error);
      if (code !== 'conflict' || plans >= PLANS) throw error;
      log.info('the dataset moved on, planning again', { dataset, parent: plan.parent, message });
    }
  }
}
