/** Makes one dataset version of what landed: list, take archives apart, inspect in parallel, merge and register. */
import {
  ingestDatasetInputSchema,
  type Digest,
  type IngestDatasetInput,
  type IngestDatasetResult,
  type IngestPlan,
} from '@graft/contracts';
import { log, patched, workflowInfo } from '@temporalio/workflow';
import { failureCause, parseInput } from './failures.js';
import { IngestionTeller } from './ingestion-teller.js';
import { mapBounded } from './map-bounded.js';
import { ingest } from './proxies.js';

/** Chunks in flight over all ingest workers; each worker bounds its own. */
const INSPECT_LIMIT = 8;
/** Another ingestion of the dataset can win the race to a version so often before this one gives up. */
const PLANS = 10;

/** Plans of recorded histories are older than corrections. */
const hasCorrections = ({ corrections }: Partial<Pick<IngestPlan, 'corrections'>>): boolean =>
  corrections !== undefined && corrections > 0;

/** Archives taken apart at the same time; each keeps a worker's disk and connection busy. */
const EXPAND_LIMIT = 2;

interface Planned {
  readonly plan: IngestPlan;
  /** What was found in archives. */
  readonly expanded: readonly Digest[];
}

const planIngestion = async (dataset: string): Promise<Planned> => {
  const plan = await ingest.planIngest({ dataset });
  if (plan.archives === undefined) return { plan, expanded: [] };
  const expanded = await mapBounded({
    items: plan.archives,
    limit: EXPAND_LIMIT,
    run: (object) => ingest.expandArchive({ dataset, object }),
  });
  // Their files are landed objects now. An archive that came meanwhile is found by the next ingestion.
  return { plan: await ingest.planIngest({ dataset }), expanded };
};

const inspectAndComplete = async (
  dataset: string,
  { plan, expanded }: Planned,
  teller: IngestionTeller | null,
): Promise<IngestDatasetResult> => {
  await teller?.planned(plan);
  const inspected = await mapBounded({
    items: plan.chunks,
    limit: INSPECT_LIMIT,
    run: async (chunk) => {
      const found = await ingest.inspectChunk({ dataset, chunk });
      await teller?.inspectedChunk();
      return found;
    },
  });
  return ingest.completeIngest({ dataset, plan, inspected: [...inspected, ...expanded] });
};

/** Null where nothing is new: there is nothing to tell of. */
const makeVersion = async (dataset: string, teller: IngestionTeller | null): Promise<IngestDatasetResult | null> => {
  for (let plans = 1; ; plans += 1) {
    const planned = await planIngestion(dataset);
    const { plan, expanded } = planned;
    if (plan.chunks.length === 0 && expanded.length === 0 && !hasCorrections(plan)) return null;
    try {
      return await inspectAndComplete(dataset, planned, teller);
    } catch (error) {
      const { code, message } = failureCause(error);
      if (code !== 'conflict' || plans >= PLANS) throw error;
      log.info('the dataset moved on, planning again', { dataset, parent: plan.parent, message });
    }
  }
};

export async function ingestDataset(input: IngestDatasetInput): Promise<IngestDatasetResult> {
  const { dataset } = parseInput(ingestDatasetInputSchema, input);
  const teller = patched('ingestion-told') ? new IngestionTeller({ id: workflowInfo().workflowId, dataset }) : null;
  try {
    const result = await makeVersion(dataset, teller);
    if (result !== null) await teller?.succeeded(result);
    return result ?? { datasetVersion: null, newImages: 0, quarantined: 0, duplicates: 0 };
  } catch (error) {
    await teller?.failed(failureCause(error));
    throw error;
  }
}
