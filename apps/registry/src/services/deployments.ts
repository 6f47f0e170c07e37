import type { Deployment, DesiredState, Preparation, Servable } from '@graft/contracts';
import type { PlacedDeployment, PlacedForm } from '../repositories/deployments.js';
import type { Repositories } from '../repositories/index.js';
import { servableOf, servableOfEntry, variantOfEntry } from '../rules/servable.js';

const toServable = ({ put, artifacts }: PlacedForm): Servable =>
  servableOfEntry({ version: put.version, variant: variantOfEntry(put), artifacts: [...artifacts] }, put);

const toDeployment = ({ head, target, previous }: PlacedDeployment): Deployment => ({
  schemaVersion: 'deployment.v1',
  model: head.model,
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

export const deploymentService = ({ deployments, promotions, models }: Repositories) => {
  const listPreparations = async (environment: string): Promise<Preparation[]> => {
    const preparing = await promotions.list({ state: 'preparing', environment });
    const versions = await models.findVersions(preparing);
    return preparing.map(({ id, model, version: number, variant }) => {
      const version = versions.find((one) => one.model === model && one.version === number);
      if (version === undefined) throw new Error(`version ${number} of ${model} is prepared and not registered`);
      return { promotionId: id, model, environment, target: servableOf(version, variant) };
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
      return { epoch, deployments: placed.map(toDeployment), preparations };
    },
  };
};
