/** The part of the registry that ingestion and the control plane ask for, in memory, with the rules of its port. */
import {
  AppError,
  datasetPolicySchema,
  datasetVersionSchema,
  type Correction,
  type Dataset,
  type DatasetVersion,
  type NewRun,
  type PipelineVersion,
  type Run,
  type RunEvent,
  type WatchStatus,
} from '@graft/contracts';
import type { DatasetRegistry, PipelineRegistry, RunRegistry, WatchRegistry } from '@graft/registry-client';

export interface MemoryRegistry
  extends
    DatasetRegistry,
    Pick<WatchRegistry, 'getWatch' | 'reportWatch'>,
    Pick<PipelineRegistry, 'getPipeline' | 'listPipelines'>,
    Pick<RunRegistry, 'createRun' | 'getRun' | 'listRuns' | 'patchRun' | 'postRunEvents' | 'listRunEvents'> {
  /** Pauses a dataset, or lets it go on. */
  setPaused(name: string, paused: Dataset['paused']): void;
  /** Every version of every pipeline; a test pushes. */
  readonly pipelines: PipelineVersion[];
}

const CREATED = '2026-01-01T00:00:00Z';

const required = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new AppError('not_found', `no ${what}`);
  return value;
};

export const createMemoryRegistry = ({ now = () => new Date(CREATED) }: { now?: () => Date } = {}): MemoryRegistry => {
  const datasets = new Map<string, Dataset>();
  const versions: DatasetVersion[] = [];
  const corrections: Correction[] = [];
  const pipelines: PipelineVersion[] = [];
  const runs = new Map<string, Run>();
  const events = new Map<string, RunEvent[]>();
  const watches = new Map<string, WatchStatus>();
  const keyOf = ({ pipeline, datasetVersion, trainDigest, attempt }: NewRun): string =>
    [pipeline, datasetVersion, trainDigest, attempt].join('/');

  return {
    pipelines,
    putDataset: async (name, policy) => {
      const present = datasets.get(name);
      const dataset: Dataset = {
        name,
        policy: datasetPolicySchema.parse({ ...present?.policy, ...policy }),
        createdAt: CREATED,
        latestVersion: present?.latestVersion ?? null,
        paused: present?.paused ?? null,
        corrections: present?.corrections ?? 0,
        lookAskedAt: present?.lookAskedAt ?? null,
      };
      datasets.set(name, dataset);
      return dataset;
    },
    setPaused: (name, paused) => {
      datasets.set(name, { ...required(datasets.get(name), `dataset ${name}`), paused });
    },
    getWatch: async (name) => watches.get(name) ?? null,
    reportWatch: async (name, status) => {
      watches.set(name, { ...status, at: CREATED });
    },
    getDataset: async (name) => required(datasets.get(name), `dataset ${name}`),
    listDatasets: async () => [...datasets.values()],
    createDatasetVersion: async (version) => {
      const present = versions.find(({ id }) => id === version.id);
      if (present) return present;
      const dataset = required(datasets.get(version.dataset), `dataset ${version.dataset}`);
      if (dataset.latestVersion !== version.parent) {
        throw new AppError('conflict', `the latest version of ${dataset.name} is ${dataset.latestVersion}`);
      }
      const number = versions.filter((each) => each.dataset === version.dataset).length + 1;
      const created = datasetVersionSchema.parse({ ...version, number, createdAt: CREATED });
      versions.push(created);
      datasets.set(dataset.name, { ...dataset, latestVersion: version.id });
      return created;
    },
    getDatasetVersion: async (id) =>
      required(
        versions.find((each) => each.id === id),
        `dataset version ${id}`,
      ),
    listDatasetVersions: async (name) => versions.filter(({ dataset }) => dataset === name).reverse(),
    createCorrection: async (name, correction) => {
      const dataset = required(datasets.get(name), `dataset ${name}`);
      const number = dataset.corrections + 1;
      const created: Correction = { ...correction, dataset: name, number, by: 'tester', at: CREATED };
      corrections.push(created);
      datasets.set(name, { ...dataset, corrections: number });
      return created;
    },
    listCorrections: async (name, { after = 0, limit = 100 } = {}) =>
      corrections.filter(({ dataset, number }) => dataset === name && number > after).slice(0, limit),

    getPipeline: async (name, number) => {
      const named = pipelines.filter((each) => each.name === name && (number === undefined || each.number === number));
      return required(named.at(-1), `pipeline ${name}`);
    },
    listPipelines: async ({ dataset } = {}) => {
      const latest = new Map(pipelines.map((each) => [each.name, each]));
      return [...latest.values()].filter(({ pipeline }) => dataset === undefined || pipeline.data.dataset === dataset);
    },

    createRun: async (run) => {
      const present = [...runs.values()].find((each) => keyOf(each) === keyOf(run));
      if (present) return present;
      const id = `run-${runs.size + 1}`;
      const created: Run = {
        ...run,
        id,
        state: 'running',
        stage: null,
        embedded: null,
        checkpoint: null,
        reused: null,
        version: null,
        error: null,
        asked: null,
        createdAt: now().toISOString(),
        finishedAt: null,
      };
      runs.set(id, created);
      return created;
    },
    getRun: async (id) => required(runs.get(id), `run ${id}`),
    listRuns: async ({ pipeline, datasetVersion, state, since, limit = 100 } = {}) =>
      [...runs.values()]
        .filter(
          (run) =>
            (pipeline === undefined || run.pipeline === pipeline) &&
            (datasetVersion === undefined || run.datasetVersion === datasetVersion) &&
            (since === undefined || Date.parse(run.createdAt) > Date.parse(since)) &&
            (state === undefined || run.state === state),
        )
        .reverse()
        .slice(0, limit),
    patchRun: async (id, patch) => {
      const patched = { ...required(runs.get(id), `run ${id}`), ...patch };
      runs.set(id, patched);
      return patched;
    },
    postRunEvents: async (id, posted) => {
      const present = events.get(id) ?? [];
      events.set(id, [
        ...present,
        ...posted.map((event, at) => ({ ...event, runId: id, seq: present.length + at + 1, at: CREATED })),
      ]);
    },
    listRunEvents: async (id) => events.get(id) ?? [],
  };
};
