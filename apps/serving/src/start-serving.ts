/** A replica, put together out of its parts. */
import type { AddressInfo } from 'node:net';
import { AppError, type BlobStore } from '@graft/contracts';
import { onnxruntimeVersion } from '@graft/models';
import type { Logger } from '@graft/platform';
import type { DeploymentRegistry, ModelRegistry } from '@graft/registry-client';
import type { BatchingOptions } from './batching/batcher.js';
import { createClassifier } from './classifier.js';
import { createFeedbackDesk } from './feedback/feedback-desk.js';
import { createApp } from './http/create-app.js';
import { createServingMetrics, type ServingMetrics } from './metrics.js';
import { createImageKeeper, NO_KEEPER, type KeeperOptions, type KeepPolicy } from './keeping/image-keeper.js';
import { createLoadGuard } from './models/load-guard.js';
import { createLoader } from './models/load-servable.js';
import { createModelPool } from './models/model-pool.js';
import { createModelStore } from './models/model-store.js';
import { createTryLoad } from './models/trial-load.js';
import { createPinBook } from './replica/pins/pin-book.js';
import type { PinDesk } from './replica/pins/pin-desk.js';
import { startReplicaAgent, type AgentRegistry, type ReplicaAgent } from './replica/replica-agent.js';
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
  /** The built load-process.js, which tries artifacts before this process loads them; default: none does. */
  readonly loadProgram?: string;
  /** What must outlast the cache: pins, and the record of them. Default: the cache's folder. */
  readonly stateFolder?: string;
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
  /** Which images of requests are kept, and where; default: none are. */
  readonly keeping?: KeepPolicy & Pick<KeeperOptions, 'landing' | 'registry'>;
  /** Whose `x-forwarded-for` says who asks; default: nobody's. */
  readonly trustProxy?: string;
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
  const installation = installationOf(options.token);
  const store = createModelStore({ remote: blobs, registry, folder: options.cacheFolder, installation });
  const requestIds = createRequestIds(options.token);
  const { keeping } = options;
  const keeper =
    keeping === undefined
      ? NO_KEEPER
      : createImageKeeper({
          ...{ policy: keeping, landing: keeping.landing, registry: keeping.registry, logger },
          ...{ now: () => new Date(), onKept: metrics.kept },
        });
  const classifier = createClassifier({
    table,
    beside,
    requestIds,
    environment,
    decoders: options.decoders,
    maxWaiting: batching.maxQueue,
    deadlineMs,
    onDecoded: metrics.decoded,
    keeper,
  });
  let agent: ReplicaAgent | null = null;
  const ready = (): boolean => agent?.ready() === true;
  /** Nobody is answered before there is an agent. */
  const pinDesk = (): PinDesk => {
    if (agent === null) throw new AppError('unavailable', 'this replica is starting, or ending');
    return agent.pins;
  };
  const app = await createApp({
    table,
    ready,
    pinning: {
      token: options.token,
      desk: {
        list: () => pinDesk().list(),
        pin: (model, asked) => pinDesk().pin(model, asked),
        unpin: (model, end) => pinDesk().unpin(model, end),
      },
    },
    classifier,
    beside,
    feedbackDesk: createFeedbackDesk({
      ...{ registry, requestIds },
      maxAgeMs: (options.feedbackDays ?? FEEDBACK_DAYS) * DAY_MS,
    }),
    metrics,
    ...(options.trustProxy === undefined ? {} : { trustProxy: options.trustProxy }),
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
  const replicaId = options.replicaId(port);
  const guard = createLoadGuard({ documents: store.documents, replicaId, now: () => new Date(), logger });
  const tryLoad =
    options.loadProgram === undefined
      ? undefined
      : createTryLoad({
          ...{ program: options.loadProgram, documents: store.documents, threads, logger },
          runtimeVersion: onnxruntimeVersion(),
        });
  const load = createLoader({ store, guard, tryLoad, batching, threads, cpuClass, logger, onBatch: metrics.batch });
  const started = startReplicaAgent({
    registry,
    replicaId,
    environment,
    url,
    cpuClass,
    leaseSeconds: options.leaseSeconds,
    table,
    board,
    createPool: (onChange) => createModelPool({ load, onChange, logger }),
    snapshot: createSnapshot({
      documents: store.documents,
      ...{ installation, environment, logger },
    }),
    pinBook: createPinBook({
      folder: options.stateFolder ?? options.cacheFolder,
      ...{ installation, environment, replicaId, now: () => new Date(), logger },
    }),
    store,
    logger,
    onSwap: ({ model }) => metrics.swapped(model),
    ...(options.startPatienceMs === undefined ? {} : { startPatienceMs: options.startPatienceMs }),
  });
  agent = started;
  return {
    url,
    metrics,
    close: async () => {
      agent = null;
      await app.close();
      await keeper.settle();
      await started.stop();
    },
  };
};
