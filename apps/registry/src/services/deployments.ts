import type {
  Deployment,
  DesiredState,
  LedgerEntry,
  ModelVersion,
  Preparation,
  Promotion,
  Servable,
} from '@graft/contracts';
import type { Repositories } from '../repositories/index.js';
import type { DeploymentRow } from '../repositories/deployments.js';
import { servableOf, servableOfEntry } from '../rules/servable.js';

/** What heads and preparations refer to: what the database's foreign keys promise is there. */
interface References {
  readonly version: (model: string, version: number) => ModelVersion;
  readonly entry: (row: DeploymentRow, generation: number) => LedgerEntry;
}

const keyOf = (...parts: readonly (string | number)[]): string => parts.join('/');

/** Versions and ledger rows, by what they are called. */
const read = async (
  { models, ledger }: Pick<Repositories, 'models' | 'ledger'>,
  rows: readonly DeploymentRow[],
  promotions: readonly Promotion[] = [],
): Promise<References> => {
  const heads = rows.flatMap(({ model, environment, generation }) =>
    // What was served before is what the row before it put in place.
    [generation, generation - 1].map((one) => ({ model, environment, generation: one })),
  );
  const wanted = rows.flatMap(({ model, version, previousVersion }) => [
    { model, version },
    ...(previousVersion === null ? [] : [{ model, version: previousVersion }]),
  ]);
  const [versions, entries] = await Promise.all([models.findVersions([...wanted, ...promotions]), ledger.find(heads)]);
  const byVersion = new Map(versions.map((one) => [keyOf(one.model, one.version), one]));
  const byGeneration = new Map(
    entries.map(({ model, environment, generation, entry }) => [keyOf(model, environment, generation), entry]),
  );
  return {
    version: (model, version) => {
      const found = byVersion.get(keyOf(model, version));
      if (found === undefined) throw new Error(`version ${version} of ${model} is deployed and not registered`);
      return found;
    },
    entry: ({ model, environment }, generation) => {
      const found = byGeneration.get(keyOf(model, environment, generation));
      if (found === undefined)
        throw new Error(`generation ${generation} of ${model} in ${environment} is not in the ledger`);
      return found;
    },
  };
};

const toDeployment = (row: DeploymentRow, { version, entry }: References): Deployment => {
  const servableAt = (generation: number): Servable => {
    const put = entry(row, generation);
    return servableOfEntry(version(row.model, put.version), put);
  };
  return {
    schemaVersion: 'deployment.v1',
    model: row.model,
    environment: row.environment,
    epoch: row.epoch,
    generation: row.generation,
    role: 'champion',
    percent: 100,
    target: servableAt(row.generation),
    // Whatever was served before, withdrawn or not: back and forth are then both a swap of a pointer.
    previous: row.previousVersion === null ? null : servableAt(row.generation - 1),
    at: row.at.toISOString(),
  };
};

export const deploymentService = (repositories: Repositories) => ({
  getDeployment: async (model: string, environment: string): Promise<Deployment | null> => {
    const row = await repositories.deployments.get(model, environment);
    return row === null ? null : toDeployment(row, await read(repositories, [row]));
  },

  /** All that a replica of this environment has to know. */
  desiredState: async (environment: string): Promise<DesiredState> => {
    const [epoch, rows, promotions] = await Promise.all([
      repositories.deployments.epoch(),
      repositories.deployments.list({ environment }),
      repositories.promotions.list({ state: 'preparing', environment }),
    ]);
    const references = await read(repositories, rows, promotions);
    return {
      epoch,
      deployments: rows.map((row) => toDeployment(row, references)),
      preparations: promotions.map(({ id, model, version, variant }): Preparation => ({
        promotionId: id,
        model,
        environment,
        target: servableOf(references.version(model, version), variant),
      })),
    };
  },
});
