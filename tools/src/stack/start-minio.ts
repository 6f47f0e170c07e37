/** A MinIO server of our own on the loopback address. */
import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createMinioStore } from '@graft/artifacts';
import { MINIO } from '../binaries/minio.js';
import { resolveBinary } from '../binaries/resolve-binary.js';
import type { OnProgress } from '../system/cache-entry.js';
import { makeFolder } from '../system/folders.js';
import { spawnDetached, stopProcess } from '../system/processes.js';
import type { ProcessId } from '../system/processes.js';
import { waitUntilHealthy } from '../system/wait-until-healthy.js';

export interface MinioServerOptions {
  readonly cacheDir: string;
  /** Every folder in it is a bucket. */
  readonly dataDir: string;
  /** Where it looks for certificates; there are none. Not within `dataDir`: it makes a folder there, `CAs`. */
  readonly certsDir: string;
  readonly logFile: string;
  readonly port: number;
  readonly consolePort: number;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Added to the server's environment. */
  readonly mark?: Readonly<Record<string, string>>;
  readonly onProgress?: OnProgress;
}

export interface RunningMinio {
  readonly process: ProcessId;
  /** http://127.0.0.1:PORT */
  readonly endpoint: string;
}

export interface ObjectStoreAddress {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

export const BUCKETS = { landing: 'landing', artifacts: 'artifacts' } as const;

/** Makes the two buckets, on whichever store it is. */
export const ensureBuckets = async (address: ObjectStoreAddress): Promise<void> => {
  for (const bucket of Object.values(BUCKETS)) await createMinioStore({ ...address, bucket }).ensureBucket();
};

/**
 * Starts MinIO and waits until it answers, buckets included. The program is built when there is none: six minutes, once.
 * @throws AppError `unavailable` with the tail of the log, `missing_prerequisite` when there is no program to be had.
 */
export const startMinio = async (options: MinioServerOptions): Promise<RunningMinio> => {
  const {
    cacheDir,
    dataDir,
    certsDir,
    logFile,
    port,
    consolePort,
    accessKey,
    secretKey,
    mark = {},
    onProgress,
  } = options;
  const binary = await resolveBinary(MINIO, { cacheDir, ...(onProgress ? { onProgress } : {}) });
  await makeFolder(dataDir, 0o700);
  await makeFolder(certsDir, 0o700);
  // Left by an earlier Graft, and listed as a bucket, which can't have such a name. Only if it is empty.
  await rmdir(join(dataDir, 'CAs')).catch(() => undefined);
  const endpoint = `http://127.0.0.1:${port}`;
  const process = await spawnDetached({
    command: binary.path,
    args: [
      'server',
      '--address',
      `127.0.0.1:${port}`,
      '--console-address',
      `127.0.0.1:${consolePort}`,
      '--certs-dir',
      certsDir,
      dataDir,
    ],
    env: {
      ...mark,
      MINIO_ROOT_USER: accessKey,
      MINIO_ROOT_PASSWORD: secretKey,
      // It would ask a server of its makers for news at each start.
      MINIO_UPDATE: 'off',
      HOME: dataDir,
      PATH: '/usr/bin:/bin',
    },
    cwd: dataDir,
    logFile,
  });
  const check = async (): Promise<void> => {
    const response = await fetch(`${endpoint}/minio/health/ready`, { signal: AbortSignal.timeout(2000) });
    if (!response.ok) throw new Error(`/minio/health/ready answered ${response.status}`);
    await ensureBuckets({ endpoint, accessKey, secretKey });
  };
  try {
    await waitUntilHealthy({ name: 'MinIO', process, logFile, check, timeoutMs: 60_000 });
  } catch (error) {
    await stopProcess(process);
    throw error;
  }
  return { process, endpoint };
};
