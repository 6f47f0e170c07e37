/** A registry of runs, one pipeline and model versions in memory: what the activities ask of the port, and no more. */
import {
  AppError,
  bulkClassificationSchema,
  datasetSchema,
  datasetVersionSchema,
  pipelineSchema,
  type BulkClassification,
  type DatasetPolicy,
  type DatasetVersion,
  type Digest,
  type ModelVersion,
  type NewRunEvent,
  type Run,
  type RunEvent,
  type RunPatch,
} from '@graft/contracts';
import type { TrainerDependencies } from '../dependencies.js';

export interface FakeRegistry {
  readonly port: TrainerDependencies['registry'];
  readonly run: () => Run;
  readonly events: readonly RunEvent[];
  readonly patches: readonly RunPatch[];
  addVersion(version: ModelVersion): void;
  /** What it says of any dataset version, and of its dataset's policy. */
  dataset: { version: Partial<DatasetVersion>; policy: Partial<DatasetPolicy> };
  /** What it says of single dataset versions beyond that. */
  readonly versionFacts: Map<Digest, Partial<DatasetVersion>>;
  readonly bulks: Map<string, BulkClassification>;
}

const ZERO = '0'.repeat(64);
const NOW = '2026-01-01T00:00:00.000Z';

/** @param runId the one run it knows. @param known what is known of it from before. */
export const createFakeRegistry = (runId: string, known: Partial<Run> = {}): FakeRegistry => {
  const events: RunEvent[] = [];
  const patches: RunPatch[] = [];
  const versions: ModelVersion[] = [];
  const embedders = new Map<string, Digest>();
  let run: Run = {
    id: runId,
    pipeline: 'shapes',
    pipelineDigest: ZERO,
    trainDigest: ZERO,
    datasetVersion: ZERO,
    attempt: 1,
    workflowId: `retrain/${runId}`,
    state: 'running',
    stage: null,
    embedded: null,
    checkpoint: null,
    reused: null,
    version: null,
    error: null,
    asked: null,
    createdAt: NOW,
    finishedAt: null,
    ...known,
  };
  const dataset: FakeRegistry['dataset'] = { version: {}, policy: {} };
  const versionFacts: FakeRegistry['versionFacts'] = new Map();
  const bulks: FakeRegistry['bulks'] = new Map();
  const ofRun = (id: string): void => {
    if (id !== runId) throw new AppError('not_found', `no run ${id}`);
  };
  return {
    events,
    patches,
    run: () => run,
    dataset,
    versionFacts,
    bulks,
    addVersion: (version) => versions.unshift(version),
    port: {
      getRun: async (id) => {
        ofRun(id);
        return run;
      },
      patchRun: async (id, patch) => {
        ofRun(id);
        patches.push(patch);
        run = { ...run, ...patch };
        return run;
      },
      postRunEvents: async (id, posted: readonly NewRunEvent[]) => {
        ofRun(id);
        for (const event of posted) {
          events.push({ ...event, runId, seq: events.length + 1, at: new Date().toISOString() });
        }
      },
      listRunEvents: async (id) => {
        ofRun(id);
        return [...events];
      },
      getDataset: async (name) =>
        datasetSchema.parse({
          name,
          policy: dataset.policy,
          createdAt: NOW,
          latestVersion: null,
          paused: null,
          corrections: 0,
          lookAskedAt: null,
        }),
      getDatasetVersion: async (id) =>
        datasetVersionSchema.parse({
          id,
          dataset: 'shapes',
          number: 1,
          parent: null,
          labels: [],
          images: 0,
          newImages: 0,
          bySplit: { train: 0, val: 0, test: 0 },
          bySource: {},
          quarantine: null,
          quarantined: 0,
          ingestSeconds: 0,
          createdAt: NOW,
          ...dataset.version,
          ...versionFacts.get(id),
        }),
      getPipeline: async (name) => ({
        name,
        number: 1,
        digest: ZERO,
        pipeline: pipelineSchema.parse({ schemaVersion: 'pipeline.v1', name, data: { dataset: 'shapes' } }),
        yaml: '',
        enabled: true,
        createdAt: NOW,
      }),
      findPipelineEmbedder: async (pipeline, identity) => embedders.get(`${pipeline}/${identity}`) ?? null,
      keepPipelineEmbedder: async (pipeline, identity, embedder) => {
        const key = `${pipeline}/${identity}`;
        const kept = embedders.get(key) ?? embedder;
        embedders.set(key, kept);
        return kept;
      },
      listModelVersions: async (model) => {
        if (versions.length === 0) throw new AppError('not_found', `no model ${model}`);
        return [...versions];
      },
      getBulk: async (id) => {
        const found = bulks.get(id);
        if (!found) throw new AppError('not_found', `no bulk classification ${id}`);
        return found;
      },
      patchBulk: async (id, patch) => {
        const found = bulks.get(id);
        if (!found) throw new AppError('not_found', `no bulk classification ${id}`);
        const patched = bulkClassificationSchema.parse({ ...found, ...patch });
        bulks.set(id, patched);
        return patched;
      },
      getModelVersion: async (model, number) => {
        const found = versions.find(({ version }) => version === number);
        if (!found) throw new AppError('not_found', `no version ${number} of ${model}`);
        return found;
      },
    },
  };
};
