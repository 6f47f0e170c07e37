/** The orchestrator's environment. */
import {
  healthEnvironment,
  hostEnvironment,
  objectStoreEnvironment,
  portSchema,
  registryEnvironment,
  temporalEnvironment,
} from '@graft/platform';
import { z } from 'zod';

export const orchestratorEnvironmentSchema = z.object({
  ...objectStoreEnvironment,
  ...registryEnvironment,
  ...temporalEnvironment,
  ...hostEnvironment,
  ...healthEnvironment,
  GRAFT_LANDING_WEBHOOK_TOKEN: z
    .string()
    .regex(/^\S{16,}$/, { error: 'expected 16 characters or more without a space: MinIO sends no token that has one' })
    .optional()
    .describe(
      'What a store that posts its events must bear: 16 characters or more without a space. Without it nothing listens.',
    ),
  GRAFT_LANDING_WEBHOOK_PORT: portSchema.default(0).describe('The port that it posts them to; 0 takes a free one.'),
  GRAFT_RECONCILE_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(86_400)
    .default(30)
    .describe('Seconds between two looks at the landing zone for what no event told of.'),
  GRAFT_INGEST_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(2)
    .describe('Chunks of landed objects that are inspected at the same time (eight objects of each).'),
});
export type OrchestratorEnvironment = z.output<typeof orchestratorEnvironmentSchema>;
