/** The registry as a process: environment in, server up, ends well on a signal. */
import { fileURLToPath } from 'node:url';
import { createMinioStore, createUploadSigner, type ObjectStore } from '@graft/artifacts';
import { AppError, exitCodeOf, toAppError } from '@graft/contracts';
import { createLogger, onShutdown, readEnvironment } from '@graft/platform';
import { registryEnvironmentSchema, type RegistryEnvironment } from './environment.js';
import { startRegistry, type TokenSeed } from './start-registry.js';
import type { LandingUploads } from './services/uploads.js';

const logger = createLogger({ service: 'registry' });

interface ObjectStores {
  readonly artifacts: ObjectStore;
  readonly uploads: LandingUploads;
}

const openObjectStores = (env: RegistryEnvironment): ObjectStores | undefined => {
  const { GRAFT_S3_ENDPOINT: endpoint, GRAFT_S3_ACCESS_KEY: accessKey, GRAFT_S3_SECRET_KEY: secretKey } = env;
  if (endpoint === undefined) return undefined;
  if (accessKey === undefined || secretKey === undefined) {
    throw new AppError(
      'missing_prerequisite',
      'GRAFT_S3_ENDPOINT is set: set GRAFT_S3_ACCESS_KEY and GRAFT_S3_SECRET_KEY too, or none of them',
    );
  }
  const keys = { accessKey, secretKey, region: env.GRAFT_S3_REGION };
  const landing = { ...keys, bucket: env.GRAFT_LANDING_BUCKET };
  return {
    artifacts: createMinioStore({ ...keys, endpoint, bucket: env.GRAFT_ARTIFACTS_BUCKET }),
    uploads: {
      landing: createMinioStore({ ...landing, endpoint }),
      signer: createUploadSigner({ ...landing, endpoint: env.GRAFT_S3_PUBLIC_ENDPOINT ?? endpoint }),
    },
  };
};

/** As Temporal's UI has its addresses. */
const workflowsBelow = ({
  GRAFT_TEMPORAL_UI_URL: url,
  TEMPORAL_NAMESPACE: namespace,
}: RegistryEnvironment): string | null =>
  url === undefined ? null : `${url.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows/`;

const start = async (): Promise<void> => {
  const env = readEnvironment(registryEnvironmentSchema);
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
    links: { workflows: workflowsBelow(env) },
    ...openObjectStores(env),
    consoleFolder: fileURLToPath(new URL('../console', import.meta.url)),
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
