import {
  AppError,
  labelNames,
  reviewTimes,
  type Model,
  type ModelVersion,
  type NewModelVersion,
} from '@graft/contracts';
import { v7 as uuid } from 'uuid';
import type { Database, Transaction } from '../db/database.js';
import type { DeploymentRow } from '../repositories/deployments.js';
import type { ModelRow } from '../repositories/models.js';
import type { ReviewTimes } from '../repositories/reviews.js';
import { DEFAULT_ENVIRONMENT } from '../rules/default-environment.js';
import { freezeOf } from '../rules/freeze.js';
import { noSuch, noSuchVersion } from '../rules/not-found.js';
import type { PageAsk } from '../rules/page.js';
import { checkLabels, registerVersion } from '../rules/register-version.js';
import { checkVariants, servableOf } from '../rules/servable.js';
import { PIPELINE_ACTOR, reviewSubject } from './subjects.js';

const toModel = (row: ModelRow, latest: ModelVersion | undefined, deployments: readonly DeploymentRow[]): Model => ({
  name: row.name,
  id: row.id,
  labels: [...(latest?.signature.labels ?? [])],
  latestVersion: latest?.version ?? null,
  champions: Object.fromEntries(
    deployments
      .filter(({ model }) => model === row.name)
      .map(({ environment, version, variant, generation }) => [environment, { version, variant, generation }]),
  ),
  autoPromoteSuspended: row.autoPromoteSuspended,
  createdAt: row.createdAt.toISOString(),
});

/** Where a version is meant to be served, and how long it waits for a person: as its pipeline says. */
const policyOf = async (
  tx: Transaction,
  { lineage }: NewModelVersion,
): Promise<{ environment: string; firstStage: string; times: ReviewTimes }> => {
  const version = await tx.pipelines.byDigest(lineage.pipeline, lineage.pipelineDigest);
  const { environment = DEFAULT_ENVIRONMENT, stages } = version?.pipeline.rollout ?? {};
  return {
    environment,
    firstStage: stages?.[0] ?? environment,
    times: reviewTimes(version?.pipeline.review ?? {}),
  };
};

/** What labels of the data that one version was made from are called in that of another. */
const namesFrom = async (
  tx: Transaction,
  from: Pick<ModelVersion, 'lineage'>,
  to: Pick<NewModelVersion, 'lineage'>,
): Promise<(label: string) => string> => {
  const [earlier, later] = await Promise.all(
    [from, to].map(({ lineage }) => tx.datasets.getVersion(lineage.datasetVersion)),
  );
  return earlier && later ? labelNames(earlier, later) : (label) => label;
};

export const modelService = (db: Database) => {
  const getModelRow = async (name: string): Promise<ModelRow> => {
    const row = await db.models.get(name);
    if (row === null) throw noSuch('model', name, await db.models.names());
    return row;
  };

  const register = async (tx: Transaction, model: string, version: NewModelVersion): Promise<ModelVersion> => {
    const { runId, pipeline } = version.lineage;
    await tx.models.ensure(model);
    const row = await tx.models.lock(model);
    const existing = await tx.models.versionOfRun(runId);
    if (existing !== null && existing.model === model) return existing;
    if (existing !== null) {
      throw new AppError('conflict', `run ${runId} made version ${existing.version} of ${existing.model} already`, {
        details: { runId, model: existing.model, version: existing.version },
      });
    }
    if ((await tx.runs.get(runId)) === null) throw noSuch('run', runId);

    const { environment, firstStage, times } = await policyOf(tx, version);
    const current = await tx.deployments.get(model, environment);
    const champion = current === null ? null : await tx.models.getVersion(model, current.version);
    if (champion !== null) {
      const { labels } = champion.signature;
      checkLabels(version, { version: champion.version, labels }, await namesFrom(tx, champion, version));
    }

    const number = (row?.latestVersion ?? 0) + 1;
    checkVariants({ ...version, version: number });
    const freezes = await tx.freezes.list({ holding: true });
    const currentGeneration = current?.generation ?? 0;
    const championGeneration = version.championGeneration ?? currentGeneration;
    const { state, supersedes } = registerVersion({
      verdict: version.gateVerdict,
      blocked: version.blocked,
      autoPromote: version.autoPromote,
      // While promotions are frozen, a version waits for a person.
      suspended:
        (row?.autoPromoteSuspended ?? false) ||
        [environment, firstStage].some((place) => freezeOf(freezes, { model, environment: place }) !== null),
      championGeneration,
      currentGeneration,
    });
    const source = `sha256:${servableOf({ ...version, version: number }).artifactDigest}`;
    const created = await tx.models.createVersion(model, { number, state, version, source });
    await tx.reviews.open({
      model,
      version: number,
      environment,
      championGeneration,
      requiredApprovals: version.requiredApprovals,
      ...times,
    });
    for (const superseded of await tx.models.supersede(model, number, supersedes)) {
      tx.emit({ kind: 'review', subject: reviewSubject(model, superseded), environment });
    }
    await tx.runs.patch(runId, { state: 'succeeded', stage: 'register', version: number, error: null });
    tx.emit({ kind: 'run', subject: runId, environment: null });
    const reason = `pipeline ${pipeline} promotes by itself, and the gate passed`;
    const about = { model, version: number, variant: version.variant, environment, generation: championGeneration };
    const told =
      state === 'approved'
        ? ({ kind: 'review.approved', reason } as const)
        : ({ kind: 'review.requested', reason: `the gate's verdict is "${version.gateVerdict}"` } as const);
    const notice = { ...about, ...told, pipeline, by: PIPELINE_ACTOR };
    tx.emit({ kind: 'review', subject: reviewSubject(model, number), environment, notice });
    if (state !== 'approved') return created;

    await tx.reviews.decide({
      model,
      version: number,
      round: 1,
      by: PIPELINE_ACTOR,
      decision: 'approve',
      reportDigest: version.reportDigest,
      championGeneration,
      overrideGate: false,
      reason,
    });
    const promotion = await tx.promotions.create({
      id: uuid(),
      model,
      environment: firstStage,
      version: number,
      variant: version.variant,
      expectedGeneration: (await tx.deployments.get(model, firstStage))?.generation ?? 0,
      by: PIPELINE_ACTOR,
      reason,
      automatic: true,
    });
    tx.emit({ kind: 'promotion', subject: promotion.id, environment: firstStage });
    return created;
  };

  return {
    getModel: async (name: string): Promise<Model> => {
      const row = await getModelRow(name);
      const [[latest], deployments] = await Promise.all([
        db.models.latestVersions([name]),
        db.deployments.list({ models: [name] }),
      ]);
      return toModel(row, latest, deployments);
    },

    listModels: async (page: PageAsk<string>): Promise<Model[]> => {
      const rows = await db.models.list(page);
      const models = rows.map(({ name }) => name);
      const [versions, deployments] = await Promise.all([
        db.models.latestVersions(models),
        db.deployments.list({ models }),
      ]);
      const latest = new Map(versions.map((version) => [version.model, version]));
      return rows.map((row) => toModel(row, latest.get(row.name), deployments));
    },

    createModelVersion: (model: string, version: NewModelVersion): Promise<ModelVersion> =>
      db.transaction((tx) => register(tx, model, version)),

    getModelVersion: async (model: string, version: number): Promise<ModelVersion> => {
      const found = await db.models.getVersion(model, version);
      if (found !== null) return found;
      throw noSuchVersion(model, version, (await getModelRow(model)).latestVersion);
    },

    listModelVersions: async (model: string, page: PageAsk<number>): Promise<ModelVersion[]> => {
      await getModelRow(model);
      return db.models.listVersions(model, page);
    },
  };
};
