/** Several replicas on one port, put together. */
import type { AddressInfo } from 'node:net';
import type { Logger } from '@graft/platform';
import type { DeploymentRegistry } from '@graft/registry-client';
import { createFront } from './create-front.js';
import { createFrontMetrics } from './front-metrics.js';
import { createReplicaSet, type ReplicaSet, type SpawnedReplica, type SpawnRequest } from './replica-set.js';

export interface StartFrontOptions {
  readonly registry: Pick<DeploymentRegistry, 'removeReplica'>;
  readonly host: string;
  readonly port: number;
  readonly replicas: number;
  /** Of the whole; each replica's is made of it and its number. */
  readonly replicaId: (port: number) => string;
  readonly spawn: (request: SpawnRequest) => SpawnedReplica;
  readonly token: string;
  /** A replica's own: it has answered by then, or never will. */
  readonly deadlineMs: number;
  readonly logger: Logger;
}

export interface Front {
  readonly url: string;
  readonly replicas: ReplicaSet;
  /** Answers what is under way, then ends the replicas in order. */
  close(): Promise<void>;
}

const LOOK_TIMEOUT_MS = 2_000;
/** A registry that is away must not keep a replica from being started again. */
const REGISTRY_PATIENCE_MS = 1_000;
const SLACK_MS = 5_000;
/** Most images are smaller by far; a larger body is sent once. */
const KEPT_BODY_BYTES = 8 * 1024 * 1024;
const KEPT_BYTES = 256 * 1024 * 1024;
const RECEIVE_TIMEOUT_MS = 60_000;

const look = async (url: string): Promise<boolean> => {
  const response = await fetch(`${url}/v2/health/ready`, { signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) });
  await response.body?.cancel();
  return response.ok;
};

/** Listens, then resolves; replicas come to it as they start. */
export const startFront = async (options: StartFrontOptions): Promise<Front> => {
  const { registry, host, token, logger, deadlineMs } = options;
  let base = '';
  const replicas = createReplicaSet({
    idOf: (number) => `${base}-${number}`,
    spawn: options.spawn,
    look,
    // What is dead serves nothing: nobody should wait for its lease to run out.
    onEnd: async (id) => {
      const removed = registry.removeReplica(id).catch((thrown: unknown) => {
        logger.warn({ replica: id, err: thrown }, 'front: the lease of a replica that ended will run out');
      });
      await Promise.race([removed, new Promise((resolve) => setTimeout(resolve, REGISTRY_PATIENCE_MS).unref())]);
    },
    logger,
  });
  const app = await createFront({
    ...{ replicas, token, logger },
    metrics: createFrontMetrics(replicas),
    bodies: { bodyBytes: KEPT_BODY_BYTES, totalBytes: KEPT_BYTES },
    timeoutMs: deadlineMs + SLACK_MS,
    receiveTimeoutMs: RECEIVE_TIMEOUT_MS,
  });
  await app.listen({ host, port: options.port });
  const { port } = app.server.address() as AddressInfo;
  base = options.replicaId(port);
  replicas.scale(options.replicas);
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    replicas,
    close: async () => {
      await app.close();
      await replicas.close();
    },
  };
};
