/** A replica, put together out of its parts. */
import type { AddressInfo } from 'node:net';
import type { BlobStore } from '@graft/contracts';
import type { Logger } from '@graft/platform';
import type { DeploymentRegistry, ModelRegistry } from '@graft/registry-client';
import type { BatchingOptions } from './batching/batcher.js';
import { createClassifier } from './classifier.js';
import { createFeedbackDesk } from './feedback/feedback-desk.js';
import { createApp } from './http/create-app.js';
import { createServingMetrics, type ServingMetrics } from './metrics.js';
import { createLoader } from './models/load-servable.js';
import { createModelPool } from './models/model-pool.js';
import { createModelStore } from './models/model-store.js';
import { startReplicaAgent, type AgentRegistry } from './replica/replica-agent.js';
import { createServingTable } from './replica/serving-table.js';
import { createSnapshot } from './replica/snapshot.js';
import { createRequestIds, installationOf } from './request-id.js';
import { createBeside } from './trials/answer-beside.js';
import { createTrialBoard } from './trials/trial-board.js';

/** What a replica asks of the registry. */
export type ServingRegistry = AgentRegistry &
  Pick<ModelRegistry, 'getModelVersion'> &
  Pick<DeploymentRegistry, 'recordFeedback'>;

export interface ServingOptions {
  readonly registry: ServingRegistry;
  /** The artifacts bucket, by digest. */
  readonly blobs: Pick<BlobStore, 'get'>;
  readonly cacheFolder: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Default: host and port. */
  readonly url?: string;
  readonly environment: string;
  readonly replicaId: (port: number) => string;
  readonly leaseSeconds: number;
  readonly cpuClass: string;
  readonly threads: number;
  readonly batching: BatchingOptions;
  readonly decoders: number;
  readonly deadlineMs: number;
  readonly maxImageBytes: number;
  /** Of all requests' bodies that are in memory at one time, bytes; default 256 MiB. */
  readonly maxBodiesBytes?: number;
  /** From a request's first byte to its last one, milliseconds; default a minute. */
  readonly receiveTimeoutMs?: number;
  /** How long after an answer feedback about it is taken; default 30. */
  readonly feedbackDays?: number;
  /** The replica's token at the registry: what signs request ids, and whose state is kept, is derived from it. */
  readonly token: string;
  readonly logger: Logger;
  /** See startReplicaAgent. */
  readonly startPatienceMs?: number;
}

export interface Serving {
  readonly url: string;
  readonly metrics: ServingMetrics;
  /** Lets what runs end, takes the replica off the registry, frees the models. */
  close(): Promise<void>;
}

/** Images in one request of the inference protocol: a few batches. */
const REQUEST_BATCHES = 4;
const MAX_INFERENCE_BYTES = 64 * 1024 * 1024;
const FEEDBACK_DAYS = 30;
const DAY_MS = 86_400_000;
const MAX_BODIES_BYTES = 256 * 1024 * 1024;
const RECEIVE_TIMEOUT_MS = 60_000;

/** Listens, then resolves; what should be served is loaded meanwhile (`/v2/health/ready`). */
export const startServing = async (options: ServingOptions): Promise<Serving> => {
  const { registry, blobs, environment, batching, logger, deadlineMs, host, cpuClass, threads } = options;
  const table = createServingTable();
  const board = createTrialBoard();
  const beside = createBeside({ board });
  const metrics = createServingMetrics(table);
  const store = createModelStore({ remote: blobs, registry, folder: options.cacheFolder });
  const load = createLoader({ store, batching, threads, cpuClass, logger, onBatch: metrics.batch });
  const requestIds = createRequestIds(options.token);
  const classifier = createClassifier({
    table,
    beside,
    requestIds,
    environment,
    decoders: options.decoders,
    maxWaiting: batching.maxQueue,
    deadlineMs,
    onDecoded: metrics.decoded,
  });
  let ready = (): boolean => false;
  const app = await createApp({
    table,
    ready: () => ready(),
    classifier,
    beside,
    feedbackDesk: createFeedbackDesk({
      ...{ registry, requestIds },
      maxAgeMs: (options.feedbackDays ?? FEEDBACK_DAYS) * DAY_MS,
    }),
    metrics,
    logger,
    limits: {
      maxBatch: batching.maxBatch * REQUEST_BATCHES,
      maxInferenceBytes: MAX_INFERENCE_BYTES,
      maxImageBytes: options.maxImageBytes,
      maxBodiesBytes: options.maxBodiesBytes ?? MAX_BODIES_BYTES,
      deadlineMs,
      receiveTimeoutMs: options.receiveTimeoutMs ?? RECEIVE_TIMEOUT_MS,
    },
  });
  await app.listen({ host, port: options.port });
  const { port } = app.server.address() as AddressInfo;
  const url = options.url ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const agent = startReplicaAgent({
    registry,
    replicaId: options.replicaId(port),
    environment,
    url,
    cpuClass,
    leaseSeconds: options.leaseSeconds,
    table,
    board,
    createPool: (onChange) => createModelPool({ load, onChange, logger }),
    snapshot: createSnapshot({
      documents: store.documents,
      installation: installationOf(options.token),
      environment,
      logger,
    }),
    logger,
    onSwap: ({ model }) => metrics.swapped(model),
    ...(options.startPatienceMs === undefined ? {} : { startPatienceMs: options.startPatienceMs }),
  });
  ready = agent.ready;
  return {
    url,
    metrics,
    close: async () => {
      ready = () => false;
      await app.close();
      await agent.stop();
    },
  };
};
