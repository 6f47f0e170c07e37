/** The registry as a process: environment in, server up, ends well on a signal. */
import { createMinioStore, createUploadSigner } from '@graft/artifacts';
import { AppError, exitCodeOf, toAppError } from '@graft/contracts';
import { createLogger, objectStoreEnvironment, onShutdown, readEnvironment } from '@graft/platform';
import { z } from 'zod';
import { startRegistry, type TokenSeed } from './start-registry.js';
import type { LandingUploads } from './services/uploads.js';

const token = z.string().min(16, 'expected at least 16 characters').optional();
const {
  GRAFT_S3_ENDPOINT,
  GRAFT_S3_ACCESS_KEY,
  GRAFT_S3_SECRET_KEY,
  GRAFT_S3_REGION,
  GRAFT_LANDING_BUCKET,
  GRAFT_ARTIFACTS_BUCKET,
} = objectStoreEnvironment;
const environmentSchema = z.object({
  // The object store is only needed to give out upload addresses, and to tell MLflow's clients where artifacts are.
  GRAFT_S3_ENDPOINT: GRAFT_S3_ENDPOINT.optional(),
  GRAFT_S3_ACCESS_KEY: GRAFT_S3_ACCESS_KEY.optional(),
  GRAFT_S3_SECRET_KEY: GRAFT_S3_SECRET_KEY.optional(),
  GRAFT_S3_REGION,
  GRAFT_LANDING_BUCKET,
  GRAFT_ARTIFACTS_BUCKET,
  /** What uploaders reach the object store by, where it is another address than this process's. */
  GRAFT_S3_PUBLIC_ENDPOINT: GRAFT_S3_ENDPOINT.optional(),
  GRAFT_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  GRAFT_HOST: z.string().min(1).default('127.0.0.1'),
  GRAFT_REGISTRY_PORT: z.coerce.number().int().min(0).max(65_535).default(7410),
  /** Where it is reached from elsewhere, for links in what webhooks are told. */
  GRAFT_REGISTRY_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  GRAFT_ADMIN_TOKEN: token,
  GRAFT_SERVICE_TOKEN: token,
  GRAFT_SERVING_TOKEN: token,
});

const logger = createLogger({ service: 'registry' });

const openUploads = (env: z.output<typeof environmentSchema>): LandingUploads | undefined => {
  const { GRAFT_S3_ENDPOINT: endpoint, GRAFT_S3_ACCESS_KEY: accessKey, GRAFT_S3_SECRET_KEY: secretKey } = env;
  if (endpoint === undefined) return undefined;
  if (accessKey === undefined || secretKey === undefined) {
    throw new AppError(
      'missing_prerequisite',
      'GRAFT_S3_ENDPOINT is set: set GRAFT_S3_ACCESS_KEY and GRAFT_S3_SECRET_KEY too, or none of them',
    );
  }
  const store = { accessKey, secretKey, region: env.GRAFT_S3_REGION, bucket: env.GRAFT_LANDING_BUCKET };
  return {
    landing: createMinioStore({ ...store, endpoint }),
    signer: createUploadSigner({ ...store, endpoint: env.GRAFT_S3_PUBLIC_ENDPOINT ?? endpoint }),
  };
};

const start = async (): Promise<void> => {
  const env = readEnvironment(environmentSchema);
  const seeds: (Omit<TokenSeed, 'token'> & { token: string | undefined })[] = [
    { name: 'admin', role: 'admin', token: env.GRAFT_ADMIN_TOKEN },
    { name: 'service', role: 'service', token: env.GRAFT_SERVICE_TOKEN },
    { name: 'serving', role: 'serving', token: env.GRAFT_SERVING_TOKEN },
  ];
  const tokens = seeds.flatMap((seed) => (seed.token === undefined ? [] : [{ ...seed, token: seed.token }]));
  const registry = await startRegistry({
    databaseUrl: env.GRAFT_DATABASE_URL,
    host: env.GRAFT_HOST,
    port: env.GRAFT_REGISTRY_PORT,
    tokens,
    logger,
    publicUrl: env.GRAFT_REGISTRY_PUBLIC_URL,
    uploads: openUploads(env),
    catalogue: { artifactsBucket: env.GRAFT_S3_ENDPOINT === undefined ? null : env.GRAFT_ARTIFACTS_BUCKET },
  });
  if (tokens.length === 0) logger.warn('registry: no tokens given; those that its database holds are what counts');
  onShutdown({ logger, close: () => registry.close() });
};

start().catch((thrown: unknown) => {
  const error = toAppError(thrown);
  logger.fatal({ err: error }, 'registry: it did not start');
  process.exitCode = exitCodeOf(error.code);
});
