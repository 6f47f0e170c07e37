import {
  variantOfEntry,
  type Deployment,
  type DesiredState,
  type Preparation,
  type Servable,
  type Trial,
} from '@graft/contracts';
import type { PlacedDeployment, PlacedForm } from '../repositories/deployments.js';
import type { Repositories } from '../repositories/index.js';
import { servableOf, servableOfEntry } from '../rules/servable.js';

const toServable = ({ put, artifacts }: PlacedForm): Servable =>
  servableOfEntry({ version: put.version, variant: variantOfEntry(put), artifacts: [...artifacts] }, put);

const toDeployment = ({ head, modelId, target, previous }: PlacedDeployment): Deployment => ({
  schemaVersion: 'deployment.v1',
  model: head.model,
  modelId,
  environment: head.environment,
  epoch: head.epoch,
  generation: head.generation,
  role: 'champion',
  percent: 100,
  target: toServable(target),
  // Whatever was served before, withdrawn or not: back and forth are then both a swap of a pointer.
  previous: previous === null ? null : toServable(previous),
  at: head.at.toISOString(),
});

export const deploymentService = ({ deployments, promotions, models, trials }: Repositories) => {
  const servables = async <T extends { model: string; version: number; variant: string }>(
    rows: readonly T[],
  ): Promise<(T & { target: Servable })[]> => {
    const versions = await models.findVersions(rows);
    return rows.map((row) => {
      const version = versions.find((one) => one.model === row.model && one.version === row.version);
      if (version === undefined) throw new Error(`version ${row.version} of ${row.model} is wanted and not registered`);
      return { ...row, target: servableOf(version, row.variant) };
    });
  };

  const listPreparations = async (environment: string): Promise<Preparation[]> => {
    const preparing = await servables(await promotions.list({ state: 'preparing', environment }));
    return preparing.map(({ id, model, target }) => ({ promotionId: id, model, environment, target }));
  };

  /** What is beside champions; each is of its champion's generation. */
  const listBeside = async (environment: string, champions: readonly Deployment[]): Promise<Deployment[]> => {
    const running = await servables<Trial>(await trials.listRunning(environment));
    return running.flatMap(({ id, model, role, policy, step, target }): Deployment[] => {
      const champion = champions.find((one) => one.model === model);
      if (champion === undefined) return [];
      return [{ ...champion, role, percent: policy.steps[step] ?? 0, target, previous: null, trialId: id }];
    });
  };

  return {
    getDeployment: async (model: string, environment: string): Promise<Deployment | null> => {
      const placed = await deployments.getPlaced(model, environment);
      return placed === null ? null : toDeployment(placed);
    },

    /** All that a replica of this environment has to know. */
    desiredState: async (environment: string): Promise<DesiredState> => {
      const [epoch, placed, preparations] = await Promise.all([
        deployments.epoch(),
        deployments.listPlaced(environment),
        listPreparations(environment),
      ]);
      const champions = placed.map(toDeployment);
      const beside = await listBeside(environment, champions);
      return { epoch, deployments: [...champions, ...beside], preparations };
    },
  };
};
