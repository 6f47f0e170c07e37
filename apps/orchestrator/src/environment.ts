/** The orchestrator's environment. */
import { objectStoreEnvironment, registryEnvironment, temporalEnvironment } from '@graft/platform';
import { z } from 'zod';

export const orchestratorEnvironmentSchema = z.object({
  ...objectStoreEnvironment,
  ...registryEnvironment,
  ...temporalEnvironment,
  GRAFT_HOST: z.string().min(1).default('127.0.0.1'),
  /** Health and metrics; without it there is no health server. */
  GRAFT_HEALTH_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  /**
   * What a store that posts its events must bear, and where it posts them: without a token nothing listens. A port of 0 takes a
   * free one.
   */
  GRAFT_LANDING_WEBHOOK_TOKEN: z
    .string()
    .regex(/^\S{16,}$/, { error: 'expected 16 characters or more without a space: MinIO sends no token that has one' })
    .optional(),
  GRAFT_LANDING_WEBHOOK_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  /** How often the landing zone is listed for what an event did not tell of, in seconds. */
  GRAFT_RECONCILE_SECONDS: z.coerce.number().int().min(1).max(86_400).default(30),
  /** Chunks of landed objects that are inspected at the same time (eight objects of each). */
  GRAFT_INGEST_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(2),
});
export type OrchestratorEnvironment = z.output<typeof orchestratorEnvironmentSchema>;
