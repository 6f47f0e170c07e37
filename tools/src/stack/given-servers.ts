/** Servers that the environment names are used instead of starting our own. */
import { AppError } from '@graft/contracts';
import type { GivenServers } from './credentials.js';
import { listStacks } from './stack-folder.js';
import { readState } from './stack-state.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** `eval "$(./graft env)"` puts a local stack's own addresses into the shell: those don't count as given. */
const localPorts = async (): Promise<ReadonlySet<number>> => {
  const states = await Promise.all((await listStacks()).map(readState));
  return new Set(states.flatMap(({ ports }) => Object.values(ports)));
};

const isLocal = (hostAndPort: string, ports: ReadonlySet<number>): boolean => {
  const match = /^(127\.0\.0\.1|localhost):(\d+)$/.exec(hostAndPort);
  return match !== null && ports.has(Number(match[2]));
};

/**
 * GRAFT_DATABASE_URL; GRAFT_S3_ENDPOINT with its two keys; TEMPORAL_ADDRESS.
 * @throws AppError `missing_prerequisite` when an endpoint has no keys.
 */
export const givenServers = async (env: Environment = process.env): Promise<GivenServers> => {
  const ports = await localPorts();
  const databaseUrl = env['GRAFT_DATABASE_URL'] || null;
  const endpoint = env['GRAFT_S3_ENDPOINT'] || null;
  const temporalAddress = env['TEMPORAL_ADDRESS'] || null;
  const isOwnStore = endpoint !== null && isLocal(new URL(endpoint).host, ports);
  const accessKey = env['GRAFT_S3_ACCESS_KEY'] ?? '';
  const secretKey = env['GRAFT_S3_SECRET_KEY'] ?? '';
  if (endpoint !== null && !isOwnStore && (accessKey === '' || secretKey === '')) {
    throw new AppError(
      'missing_prerequisite',
      'GRAFT_S3_ENDPOINT is set: set GRAFT_S3_ACCESS_KEY and GRAFT_S3_SECRET_KEY too',
    );
  }
  return {
    databaseUrl: databaseUrl !== null && !isLocal(new URL(databaseUrl).host, ports) ? databaseUrl : null,
    s3: endpoint !== null && !isOwnStore ? { endpoint, accessKey, secretKey } : null,
    temporalAddress: temporalAddress !== null && !isLocal(temporalAddress, ports) ? temporalAddress : null,
  };
};
