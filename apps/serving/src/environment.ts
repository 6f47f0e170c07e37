/** What the replica reads from its environment. */
import { availableParallelism, hostname } from 'node:os';
import { MOST_IMAGE_BYTES, MOST_REPLICAS, nameSchema } from '@graft/contracts';
import { hostEnvironment, objectStoreEnvironment, portSchema, registryEnvironment } from '@graft/platform';
import { z } from 'zod';
import { KEEP_REASONS } from './keeping/image-keeper.js';

/** @param preset a number, or how it is worked out on each machine */
const count = (preset: number | (() => number)) =>
  z.coerce
    .number()
    .int()
    .min(1)
    .max(65_536)
    .default(preset as number);

export const servingEnvironmentSchema = z.object({
  ...registryEnvironment,
  ...objectStoreEnvironment,
  ...hostEnvironment,
  GRAFT_SERVING_PORT: portSchema.default(7420).describe('The port of inference.'),
  GRAFT_SERVING_URL: z
    .url()
    .optional()
    .describe('Where clients reach it, where that is not host and port (behind a proxy): http(s)://host:port.'),
  GRAFT_SERVING_REPLICAS: z.coerce
    .number()
    .int()
    .min(1)
    .max(MOST_REPLICAS)
    .default(1)
    .describe('Above 1: so many replicas, processes of their own, behind this port.'),
  GRAFT_SERVING_TRUST_PROXY: z
    .string()
    .min(1)
    .optional()
    .describe("Whose x-forwarded-for is believed: loopback, or addresses. Default: nobody's."),
  GRAFT_ENVIRONMENT: nameSchema
    .default('production')
    .describe('What it serves is what is deployed there: production, staging or any other.'),
  GRAFT_REPLICA_ID: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("One replica, one id: two with the same would take each other's lease. Default: host name and port."),
  GRAFT_LEASE_SECONDS: z.coerce
    .number()
    .positive()
    .max(300)
    .default(5)
    .describe('Seconds after which a replica that is not heard of counts as gone.'),
  GRAFT_SERVING_THREADS: count(availableParallelism).describe('Threads of one run. Default: every core.'),
  GRAFT_SERVING_MAX_BATCH: count(8).describe('Images that are run together at most.'),
  GRAFT_SERVING_MAX_DELAY_MS: z.coerce
    .number()
    .min(0)
    .max(1_000)
    .default(2)
    .describe('Milliseconds that an image waits for others at most; less where there is little to wait for.'),
  GRAFT_SERVING_MAX_QUEUE: count(128).describe(
    'Images that may wait for a run, and as many for a decoder; what is more is answered 429.',
  ),
  GRAFT_SERVING_DECODERS: count(() => availableParallelism() + 1).describe(
    'Images that are decoded at once. Default: one more than cores.',
  ),
  GRAFT_SERVING_TRY_LOADS: z
    .enum(['0', '1'])
    .default('1')
    .transform((value) => value === '1')
    .describe(
      '0 loads new artifacts at once, without a process that tries them first and takes the memory of one more.',
    ),
  GRAFT_FEEDBACK_DAYS: z.coerce
    .number()
    .positive()
    .max(3_650)
    .default(30)
    .describe('Days after an answer in which feedback about it is taken.'),
  GRAFT_SERVING_KEEP: z
    .string()
    .default('')
    .transform((text) => text.split(',').flatMap((word) => word.trim() || []))
    .pipe(z.array(z.enum(KEEP_REASONS)))
    .describe(
      'Which images of requests are kept in the landing zone for people to look at: unsure, disagreement (of a shadow), or both with a comma between. Default: none.',
    ),
  GRAFT_SERVING_KEEP_BELOW: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('An answer whose best class is less probable than this is unsure, 0 to 1.'),
  GRAFT_SERVING_KEEP_PER_HOUR: z.coerce
    .number()
    .int()
    .min(0)
    .max(100_000)
    .default(60)
    .describe('Images that a replica keeps in an hour at most.'),
  GRAFT_SERVING_DEADLINE_MS: z.coerce
    .number()
    .positive()
    .max(600_000)
    .default(10_000)
    .describe('Milliseconds after which a request that is not answered yet is given up.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url()
    .optional()
    .describe('A collector of OpenTelemetry, such as http://localhost:4318; without one there are no traces.'),
  OTEL_SERVICE_NAME: z.string().min(1).optional().describe('What traces are under. Default: graft-serving.'),
  GRAFT_SERVING_MAX_IMAGE_BYTES: z.coerce
    .number()
    .int()
    .positive()
    .default(MOST_IMAGE_BYTES)
    .describe('Bytes of one image at most.'),
});
export type ServingEnvironment = z.infer<typeof servingEnvironmentSchema>;

export const replicaIdOf = (env: ServingEnvironment, port: number): string =>
  env.GRAFT_REPLICA_ID ?? `${hostname()}-${port}`;
