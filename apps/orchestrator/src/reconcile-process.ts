/**
 * Reconciles once and ends: `graft reconcile` runs it. Servers are given by the environment, as to the orchestrator. One JSON value on
 * standard output: a reconciliation, or `{"error": {code, message}}` with the exit code that the error has.
 *
 *   node reconcile-process.js [--dry-run]
 */
import { AppError, exitCodeOf, toAppError, type Reconciliation } from '@graft/contracts';
import { readEnvironment, registryEnvironment, temporalEnvironment } from '@graft/platform';
import { createRegistryClient } from '@graft/registry-client';
import { Client, Connection } from '@temporalio/client';
import { z } from 'zod';
import { orchestratorEnvironmentSchema } from './environment.js';
import { reconcile } from './reconcile/reconcile.js';
import { createWorkflowServer } from './reconcile/workflow-server.js';

const { GRAFT_RECONCILE_SECONDS } = orchestratorEnvironmentSchema.shape;
const environmentSchema = z.object({ ...registryEnvironment, ...temporalEnvironment, GRAFT_RECONCILE_SECONDS });

const connect = async (address: string): Promise<Connection> => {
  try {
    return await Connection.connect({ address, connectTimeout: '10s' });
  } catch (cause) {
    throw new AppError(
      'unavailable',
      `Temporal can't be reached at ${address}: start it (./graft up), then reconcile again`,
      { cause },
    );
  }
};

const run = async (): Promise<Reconciliation> => {
  const environment = readEnvironment(environmentSchema);
  const registry = createRegistryClient({
    url: environment.GRAFT_REGISTRY_URL,
    token: environment.GRAFT_REGISTRY_TOKEN,
  });
  const connection = await connect(environment.TEMPORAL_ADDRESS);
  try {
    const client = new Client({ connection, namespace: environment.TEMPORAL_NAMESPACE });
    const workflows = createWorkflowServer(client, environment.GRAFT_RECONCILE_SECONDS);
    return await reconcile({ registry, workflows, dryRun: process.argv.includes('--dry-run') });
  } finally {
    await connection.close();
  }
};

const say = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

run().then(say, (thrown: unknown) => {
  const { code, message } = toAppError(thrown);
  say({ error: { code, message } });
  process.exitCode = exitCodeOf(code);
});
