/** What the `graft` command reads from its environment, beside what the stack that it works on is told. */
import { nameSchema } from '@graft/contracts';
import { objectStoreEnvironment, registryEnvironment, temporalEnvironment } from '@graft/platform';
import { z } from 'zod';

const program = (name: string) =>
  z.string().optional().describe(`A ${name} to be used as it is, instead of the one that the set-up finds or brings.`);

export const cliEnvironmentSchema = z.object({
  GRAFT_STACK: nameSchema.optional().describe('The local stack that commands work on. Default: the one that runs.'),
  GRAFT_ACTOR: z
    .string()
    .optional()
    .describe("Who acts, for the ledger, by a local stack's own token. Default: the user's name."),
  ...registryEnvironment,
  GRAFT_SERVING_URL: z
    .url()
    .optional()
    .describe('Where a replica is, or what stands before replicas: http(s)://host:port.'),
  ...objectStoreEnvironment,
  ...temporalEnvironment,
  GRAFT_DATABASE_URL: z.url().optional().describe('A PostgreSQL to be used by ./graft up in place of a local one.'),
  GRAFT_MINIO_BINARY: program('MinIO'),
  GRAFT_TEMPORAL_BINARY: program('Temporal'),
  GRAFT_TEMPORAL_TEST_SERVER_BINARY: program('server for the tests of workflows'),
  GRAFT_BROWSER: program('browser for the tests of the console'),
  NO_COLOR: z.string().optional().describe('Set to anything: no colours (https://no-color.org).'),
});
