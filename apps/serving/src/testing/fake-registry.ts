/** The part of the registry that a replica uses, in memory: it answers with what the test says is desired. */
import { EventEmitter, on } from 'node:events';
import {
  AppError,
  desiredStateSchema,
  replicaReportSchema,
  type DatasetVersion,
  type Deployment,
  type DesiredState,
  type ModelVersion,
  type Preparation,
  type RegistryEvent,
  type ReplicaReport,
  type VerifiedFeedback,
} from '@graft/contracts';
import type { DatasetRegistry } from '@graft/registry-client';
import type { ServingRegistry } from '../start-serving.js';

export interface FakeRegistry extends ServingRegistry, Pick<DatasetRegistry, 'getDatasetVersion'> {
  /** Every report, oldest first. */
  readonly reports: ReplicaReport[];
  readonly removed: string[];
  /** Every hand-over of feedback, oldest first. All of it is kept as new. */
  readonly feedback: (readonly VerifiedFeedback[])[];
  /** When true, every call fails as an unreachable registry's does; its stream goes on. */
  away: boolean;
  /** Registered again, a version has these artifacts too. */
  register(version: Pick<ModelVersion, 'model' | 'version' | 'signature' | 'artifacts'>): void;
  desire(state: Partial<DesiredState>): void;
  /** An event, of a deployment with what is served. */
  tell(kind: RegistryEvent['kind'], deployment?: Deployment): void;
}

export const createFakeRegistry = (): FakeRegistry => {
  const versions = new Map<string, ModelVersion>();
  const news = new EventEmitter();
  let desired: DesiredState = { epoch: 1, deployments: [], preparations: [] };
  let nextId = 1;
  const answer = (): void => {
    if (fake.away) throw new AppError('unavailable', 'the registry is away');
  };
  const fake: FakeRegistry = {
    reports: [],
    removed: [],
    feedback: [],
    away: false,
    register: (version) => {
      const key = `${version.model}/${version.version}`;
      const artifacts = [...(versions.get(key)?.artifacts ?? []), ...version.artifacts];
      const lineage = { datasetVersion: 'd'.repeat(64) };
      versions.set(key, { lineage, ...version, artifacts } as ModelVersion);
    },
    desire: (state) => {
      desired = desiredStateSchema.parse({ ...desired, ...state });
    },
    tell: (kind, deployment) => {
      const event: RegistryEvent = {
        id: nextId++,
        kind,
        subject: 'x',
        environment: 'production',
        at: '2026-01-01T00:00:00Z',
        ...(deployment === undefined ? {} : { deployment }),
      };
      news.emit('event', event);
    },
    reportReplica: async (_id, report) => {
      answer();
      fake.reports.push(replicaReportSchema.parse(report));
      return structuredClone(desired);
    },
    removeReplica: async (id) => {
      answer();
      fake.removed.push(id);
    },
    recordFeedback: async (items) => {
      answer();
      fake.feedback.push(items);
      return items.map(({ model, version, classIndex, label }) => ({
        ok: true,
        receipt: { model, version, predicted: `class ${classIndex}`, label, outcome: 'kept' },
      }));
    },
    getModelVersion: async (model, version) => {
      answer();
      const found = versions.get(`${model}/${version}`);
      if (found === undefined) throw new AppError('not_found', `no version ${version} of ${model}`);
      return found;
    },
    getDatasetVersion: async (id) => {
      answer();
      return { id, dataset: 'painted' } as DatasetVersion;
    },
    async *events({ signal }) {
      try {
        for await (const [event] of on(news, 'event', { signal })) yield event as RegistryEvent;
      } catch (thrown) {
        if (!signal.aborted) throw thrown;
      }
    },
  };
  return fake;
};

const AT = '2026-01-01T00:00:00Z';

export const deploymentOf = (
  fields: Pick<Deployment, 'model' | 'generation' | 'target'> & Partial<Deployment>,
): Deployment => ({
  schemaVersion: 'deployment.v1',
  environment: 'production',
  epoch: 1,
  role: 'champion',
  percent: 100,
  previous: null,
  at: AT,
  ...fields,
});

export const preparationOf = (fields: Pick<Preparation, 'promotionId' | 'model' | 'target'>): Preparation => ({
  environment: 'production',
  ...fields,
});
