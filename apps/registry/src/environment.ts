/** The registry's environment. */
import { hostEnvironment, objectStoreEnvironment, portSchema, temporalEnvironment } from '@graft/platform';
import { z } from 'zod';

const token = z.string().min(16, 'expected at least 16 characters').optional();
const { GRAFT_S3_ENDPOINT, GRAFT_S3_ACCESS_KEY, GRAFT_S3_SECRET_KEY, ...named } = objectStoreEnvironment;

export const registryEnvironmentSchema = z.object({
  GRAFT_DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .describe('Where PostgreSQL is, with name and password: postgresql://user:password@host:port/database.'),
  ...hostEnvironment,
  GRAFT_REGISTRY_PORT: portSchema.default(7410).describe('The port of the API and the console.'),
  GRAFT_REGISTRY_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where it is reached from elsewhere, for links in what webhooks are told. Default: where it listens.'),
  GRAFT_TEMPORAL_UI_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Where people reach Temporal's UI, for links from the console to workflows. Default: there are none."),
  TEMPORAL_NAMESPACE: temporalEnvironment.TEMPORAL_NAMESPACE,
  GRAFT_ADMIN_TOKEN: token.describe('The token of the role admin: 16 characters or more.'),
  GRAFT_SERVICE_TOKEN: token.describe('The token of orchestrator and trainers.'),
  GRAFT_SERVING_TOKEN: token.describe('The token of replicas.'),
  // It is only needed to show documents and images, to give out upload addresses, and to tell MLflow's clients where artifacts are.
  GRAFT_S3_ENDPOINT: GRAFT_S3_ENDPOINT.optional(),
  GRAFT_S3_ACCESS_KEY: GRAFT_S3_ACCESS_KEY.optional(),
  GRAFT_S3_SECRET_KEY: GRAFT_S3_SECRET_KEY.optional(),
  ...named,
  GRAFT_S3_PUBLIC_ENDPOINT: GRAFT_S3_ENDPOINT.optional().describe(
    "What uploaders reach the object store by, where it is another address than the registry's.",
  ),
});
export type RegistryEnvironment = z.output<typeof registryEnvironmentSchema>;
