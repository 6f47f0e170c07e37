/** The variables through which the parts of a stack, and its clients, find each other. */
import { AppError } from '@graft/contracts';
import { readCredentials } from './credentials.js';
import type { Credentials } from './credentials.js';
import { graftCommand, stackFolder } from './stack-folder.js';
import { readState } from './stack-state.js';
import type { StackState } from './stack-state.js';
import { BUCKETS } from './start-minio.js';
import type { ObjectStoreAddress } from './start-minio.js';
import { postgresUrl } from './start-postgres.js';
import { TEMPORAL_NAMESPACE } from './start-temporal.js';

export const S3_REGION = 'us-east-1';
export const ENVIRONMENT_NAME = 'production';

export interface StackServers {
  readonly databaseUrl: string;
  readonly s3: ObjectStoreAddress;
  /** host:port */
  readonly temporalAddress: string;
  /** Pages for people; null where the server was given. */
  readonly temporalUi: string | null;
  readonly minioConsole: string | null;
}

export const localUrl = (port: number | undefined): string => `http://127.0.0.1:${port ?? 0}`;

export const serversOf = (state: StackState, credentials: Credentials): StackServers => {
  const { ports } = state;
  const { given, postgresPassword, s3AccessKey, s3SecretKey } = credentials;
  return {
    databaseUrl: given.databaseUrl ?? postgresUrl(ports['postgres'] ?? 0, postgresPassword),
    s3: given.s3 ?? { endpoint: localUrl(ports['minio']), accessKey: s3AccessKey, secretKey: s3SecretKey },
    temporalAddress: given.temporalAddress ?? `127.0.0.1:${ports['temporal'] ?? 0}`,
    temporalUi: given.temporalAddress === null ? localUrl(ports['temporal-ui']) : null,
    minioConsole: given.s3 === null ? localUrl(ports['minio-console']) : null,
  };
};

const objectStoreVariables = ({ endpoint, accessKey, secretKey }: ObjectStoreAddress): Record<string, string> => ({
  GRAFT_S3_ENDPOINT: endpoint,
  GRAFT_S3_ACCESS_KEY: accessKey,
  GRAFT_S3_SECRET_KEY: secretKey,
  GRAFT_S3_REGION: S3_REGION,
  GRAFT_ARTIFACTS_BUCKET: BUCKETS.artifacts,
  GRAFT_LANDING_BUCKET: BUCKETS.landing,
});

/** What every part of the stack shares: the servers, and where the registry and serving are. */
export const sharedVariables = (name: string, state: StackState, credentials: Credentials): Record<string, string> => {
  const { s3, temporalAddress } = serversOf(state, credentials);
  return {
    GRAFT_STACK: name,
    ...objectStoreVariables(s3),
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE,
    GRAFT_REGISTRY_URL: localUrl(state.ports['registry']),
    GRAFT_SERVING_URL: localUrl(state.ports['serving']),
    GRAFT_ENVIRONMENT: ENVIRONMENT_NAME,
  };
};

const load = async (name: string): Promise<[StackState, Credentials]> => {
  const credentials = await readCredentials(name);
  if (credentials === null) {
    throw new AppError(
      'unavailable',
      `stack "${name}" was never started (nothing in ${stackFolder(name)}): run ${graftCommand('up', name)}`,
    );
  }
  return [await readState(name), credentials];
};

/**
 * The variables for clients of a stack: ours, and those of S3, Temporal and MLflow clients. The token is the admin's.
 * @throws AppError `unavailable` when the stack was never started.
 */
export const stackEnvironment = async (name: string): Promise<Record<string, string>> => {
  const [state, credentials] = await load(name);
  const shared = sharedVariables(name, state, credentials);
  const { s3 } = serversOf(state, credentials);
  return {
    ...shared,
    GRAFT_REGISTRY_TOKEN: credentials.adminToken,
    AWS_ENDPOINT_URL: s3.endpoint,
    AWS_ACCESS_KEY_ID: s3.accessKey,
    AWS_SECRET_ACCESS_KEY: s3.secretKey,
    AWS_REGION: S3_REGION,
    MLFLOW_TRACKING_URI: shared['GRAFT_REGISTRY_URL'] ?? '',
    MLFLOW_TRACKING_TOKEN: credentials.adminToken,
  };
};

/** Where a stack's servers are, with the keys to them: for tests and for whoever looks inside. */
export const stackServers = async (name: string): Promise<StackServers> => serversOf(...(await load(name)));
