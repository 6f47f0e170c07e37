import type { Deployment, DesiredState, ModelVersion, Preparation, Servable } from '@graft/contracts';
import type { Repositories } from '../repositories/index.js';
import type { DeploymentRow } from '../repositories/deployments.js';
import { servableOf } from '../rules/register-version.js';

const toDeployment = (row: DeploymentRow, servable: (version: number) => Servable): Deployment => ({
  schemaVersion: 'deployment.v1',
  model: row.model,
  environment: row.environment,
  epoch: row.epoch,
  generation: row.generation,
  role: 'champion',
  percent: 100,
  target: servable(row.version),
  // Whatever was served before, withdrawn or not: back and forth are then both a swap of a pointer.
  previous: row.previousVersion === null ? null : servable(row.previousVersion),
  at: row.at.toISOString(),
});

/** Looks versions up by model and number; what the database's foreign keys promise is there. */
const servables = (versions: readonly ModelVersion[]): ((model: string, version: number) => Servable) => {
  const byKey = new Map(versions.map((one) => [`${one.model}/${one.version}`, one]));
  return (model, version) => {
    const found = byKey.get(`${model}/${version}`);
    if (found === undefined) throw new Error(`version ${version} of ${model} is deployed and not registered`);
    return servableOf(found);
  };
};

const keysOf = (rows: readonly DeploymentRow[]): { model: string; version: number }[] =>
  rows.flatMap(({ model, version, previousVersion }) => [
    { model, version },
    ...(previousVersion === null ? [] : [{ model, version: previousVersion }]),
  ]);

export const deploymentService = (repositories: Repositories) => ({
  getDeployment: async (model: string, environment: string): Promise<Deployment | null> => {
    const row = await repositories.deployments.get(model, environment);
    if (row === null) return null;
    const servable = servables(await repositories.models.findVersions(keysOf([row])));
    return toDeployment(row, (version) => servable(model, version));
  },

  /** All that a replica of this environment has to know. */
  desiredState: async (environment: string): Promise<DesiredState> => {
    const [epoch, rows, promotions] = await Promise.all([
      repositories.deployments.epoch(),
      repositories.deployments.list({ environment }),
      repositories.promotions.list({ state: 'preparing', environment }),
    ]);
    const servable = servables(await repositories.models.findVersions([...keysOf(rows), ...promotions]));
    return {
      epoch,
      deployments: rows.map((row) => toDeployment(row, (version) => servable(row.model, version))),
      preparations: promotions.map(({ id, model, version }): Preparation => ({
        promotionId: id,
        model,
        environment,
        target: servable(model, version),
      })),
    };
  },
});
