/** What the replica reads from its environment. */
import { availableParallelism, hostname } from 'node:os';
import { nameSchema } from '@graft/contracts';
import { objectStoreEnvironment, registryEnvironment } from '@graft/platform';
import { z } from 'zod';

const count = (preset: number) => z.coerce.number().int().min(1).max(65_536).default(preset);

export const servingEnvironmentSchema = z.object({
  ...registryEnvironment,
  ...objectStoreEnvironment,
  GRAFT_HOST: z.string().min(1).default('127.0.0.1'),
  GRAFT_SERVING_PORT: z.coerce.number().int().min(0).max(65_535).default(7420),
  /** Where clients reach it, if not at host and port (behind a proxy). */
  GRAFT_SERVING_URL: z.url().optional(),
  GRAFT_ENVIRONMENT: nameSchema.default('production'),
  /** One replica, one id: two with the same would take each other's lease. */
  GRAFT_REPLICA_ID: z.string().min(1).max(200).optional(),
  GRAFT_LEASE_SECONDS: z.coerce.number().positive().max(300).default(5),
  /** Threads of one run; default: every core. */
  GRAFT_SERVING_THREADS: count(availableParallelism()),
  GRAFT_SERVING_MAX_BATCH: count(8),
  GRAFT_SERVING_MAX_DELAY_MS: z.coerce.number().min(0).max(1_000).default(2),
  /** Images that may wait for a run, and for a decoder. */
  GRAFT_SERVING_MAX_QUEUE: count(128),
  /** Images decoded at once; default: one more than cores. */
  GRAFT_SERVING_DECODERS: count(availableParallelism() + 1),
  /** How long after an answer feedback about it is taken, days. */
  GRAFT_FEEDBACK_DAYS: z.coerce.number().positive().max(3_650).default(30),
  GRAFT_SERVING_DEADLINE_MS: z.coerce.number().positive().max(600_000).default(10_000),
  /** A collector of OpenTelemetry, such as http://localhost:4318; without one there are no traces. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
  OTEL_SERVICE_NAME: z.string().min(1).optional(),
  GRAFT_SERVING_MAX_IMAGE_BYTES: z.coerce
    .number()
    .int()
    .positive()
    .default(20 * 1024 * 1024),
});
export type ServingEnvironment = z.infer<typeof servingEnvironmentSchema>;

export const replicaIdOf = (env: ServingEnvironment, port: number): string =>
  env.GRAFT_REPLICA_ID ?? `${hostname()}-${port}`;
