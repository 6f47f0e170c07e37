/** The registry port over HTTP. What each method does is told in registry.ts; this is only how it is asked. */
import {
  AppError,
  accessTokenSchema,
  callerSchema,
  classificationSchema,
  linksSchema,
  collectionSchema,
  correctionSchema,
  datasetCardSchema,
  datasetDiffSchema,
  datasetSchema,
  datasetStorySchema,
  datasetVersionSchema,
  deploymentSchema,
  desiredStateSchema,
  epochSchema,
  erasureSchema,
  feedbackResultSchema,
  freezeSchema,
  imageDiffSchema,
  ingestionSchema,
  issuedSessionSchema,
  issuedTokenSchema,
  issuedWebhookSchema,
  ledgerEntrySchema,
  liveAccuracySchema,
  manifestImageSchema,
  modelSchema,
  modelVersionSchema,
  pipelineEmbedderSchema,
  pipelineVersionSchema,
  promotionSchema,
  quarantineEntrySchema,
  referencesSchema,
  raisedEpochSchema,
  refusalSchema,
  replicaSchema,
  bulkClassificationSchema,
  reproductionEventSchema,
  reproductionSchema,
  requestedRunSchema,
  reviewSchema,
  runEventSchema,
  runSchema,
  selectionRecordSchema,
  signedUploadSchema,
  trialSchema,
  watchStatusSchema,
  webhookDeliverySchema,
  webhookSchema,
  webhookTestSchema,
} from '@graft/contracts';
import { z } from 'zod';
import type {
  AccessRegistry,
  ArtifactRegistry,
  DatasetContentRegistry,
  DatasetRegistry,
  DeploymentRegistry,
  ModelRegistry,
  PipelineRegistry,
  Registry,
  BulkClassificationRegistry,
  ReproductionRegistry,
  RunRegistry,
  SelectionRegistry,
  StorageRegistry,
  UploadRegistry,
  WatchRegistry,
  WebhookRegistry,
} from '../registry.js';
import { createEventRegistry } from './event-stream.js';
import { createTransport, toAnswerError, type Call, type RegistryClientOptions, type Transport } from './transport.js';

const listOf = <S extends z.ZodType>(item: S): z.ZodType<z.output<S>[]> =>
  z.object({ items: z.array(item) }).transform(({ items }) => items as z.output<S>[]);
const pageOf = <S extends z.ZodType>(item: S) => z.object({ items: z.array(item), next: z.string().nullable() });
const nothing = z.unknown().transform(() => undefined);

type Query = NonNullable<Call<z.ZodType>['query']>;
type Path = Call<z.ZodType>['path'];

/** Of a list that is read whole, for each call. */
const ITEMS_A_PAGE = 500;

/** Page after page, to the end of a list, or to its first `limit` items. */
const readPages =
  (transport: Transport) =>
  async <S extends z.ZodType>(path: Path, item: S, { limit = Infinity, ...query }: Query & { limit?: number } = {}) => {
    const answer = pageOf(item);
    const items: z.output<S>[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await transport.call({
        method: 'GET',
        path: ['v1', ...path],
        query: { ...query, limit: Math.min(limit - items.length, ITEMS_A_PAGE), cursor },
        answer,
        idempotent: true,
      });
      items.push(...page.items);
      if (page.next === null || items.length >= limit) return items;
      cursor = page.next;
    }
  };

/** The few forms that calls have. `send` is for what may be done twice, `sendOnce` for what goes under a key. */
const verbs = (transport: Transport) => ({
  list: readPages(transport),
  get: <S extends z.ZodType>(path: Path, answer: S, query: Query = {}) =>
    transport.call({ method: 'GET', path: ['v1', ...path], query, answer, idempotent: true }),
  send: <S extends z.ZodType>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: Path, answer: S, body?: unknown) =>
    transport.call({ method, path: ['v1', ...path], body, answer, idempotent: true }),
  sendOnce: <S extends z.ZodType>(path: Path, answer: S, body: unknown) =>
    transport.call({ method: 'POST', path: ['v1', ...path], body, answer, idempotent: false }),
});
type Verbs = ReturnType<typeof verbs>;

const datasets = ({ get, list, send, sendOnce }: Verbs): DatasetRegistry => ({
  putDataset: (name, policy) => send('PUT', ['datasets', name], datasetSchema, policy),
  getDataset: (name) => get(['datasets', name], datasetSchema),
  listDatasets: () => list(['datasets'], datasetSchema),
  createDatasetVersion: (version) => send('POST', ['dataset-versions'], datasetVersionSchema, version),
  getDatasetVersion: (id) => get(['dataset-versions', id], datasetVersionSchema),
  listDatasetVersions: (dataset) => list(['datasets', dataset, 'versions'], datasetVersionSchema),
  createCorrection: (dataset, correction) =>
    sendOnce(['datasets', dataset, 'corrections'], correctionSchema, correction),
  listCorrections: (dataset, { after, limit = 100 } = {}) =>
    list(['datasets', dataset, 'corrections'], correctionSchema, { after, limit }),
});

const datasetContents = ({ get }: Verbs): DatasetContentRegistry => ({
  listDatasetImages: (id, page = {}) =>
    get(['dataset-versions', id, 'images'], pageOf(manifestImageSchema), { ...page }),
  getDatasetCard: (id) => get(['dataset-versions', id, 'card'], datasetCardSchema),
  listVersionQuarantine: (id, page = {}) =>
    get(['dataset-versions', id, 'quarantine'], pageOf(quarantineEntrySchema), { ...page }),
  listQuarantine: (dataset, page = {}) =>
    get(['datasets', dataset, 'quarantine'], pageOf(quarantineEntrySchema), { ...page }),
  getDatasetDiff: (from, to) => get(['dataset-versions', from, 'diff', to], datasetDiffSchema),
  listChangedImages: (from, to, page = {}) =>
    get(['dataset-versions', from, 'diff', to, 'images'], pageOf(imageDiffSchema), { ...page }),
});

const watches = ({ get, list, send }: Verbs): WatchRegistry => {
  const watchAnswer = z.object({ watch: watchStatusSchema.nullable() });
  const ask = (name: string, what: string) => send('POST', ['datasets', name, what], datasetSchema);
  return {
    pauseDataset: (name) => ask(name, 'pause'),
    resumeDataset: (name) => ask(name, 'resume'),
    askLook: (name) => ask(name, 'look'),
    reportWatch: (name, status) => send('PUT', ['datasets', name, 'watch'], nothing, status),
    getWatch: async (name) => (await get(['datasets', name, 'watch'], watchAnswer)).watch,
    openIngestion: (ingestion) => send('POST', ['ingestions'], ingestionSchema, ingestion),
    patchIngestion: (id, patch) => send('PATCH', ['ingestions', id], ingestionSchema, patch),
    listIngestions: (dataset, { limit = 20 } = {}) =>
      list(['datasets', dataset, 'ingestions'], ingestionSchema, { limit }),
    explainDataset: (name) => get(['datasets', name, 'why'], datasetStorySchema),
  };
};

/** What a lookup ends in: null where the registry says that there is none. */
const orNull = async <T>(lookup: Promise<T>): Promise<T | null> => {
  try {
    return await lookup;
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'not_found') return null;
    throw thrown;
  }
};

const pipelines = ({ get, list, send }: Verbs): PipelineRegistry => ({
  applyPipeline: (yaml) => send('POST', ['pipelines'], pipelineVersionSchema, { yaml }),
  patchPipeline: (name, patch) => send('PATCH', ['pipelines', name], pipelineVersionSchema, patch),
  getPipeline: (name, number) =>
    get(['pipelines', name, ...(number === undefined ? [] : ['versions', number])], pipelineVersionSchema),
  listPipelines: (filter = {}) => list(['pipelines'], pipelineVersionSchema, filter),
  findPipelineEmbedder: async (pipeline, identity) => {
    const found = await orNull(get(['pipelines', pipeline, 'embedders', identity], pipelineEmbedderSchema));
    return found?.embedder ?? null;
  },
  keepPipelineEmbedder: async (pipeline, identity, embedder) => {
    const body = { embedder };
    return (await send('PUT', ['pipelines', pipeline, 'embedders', identity], pipelineEmbedderSchema, body)).embedder;
  },
});

const uploads = ({ send }: Verbs): UploadRegistry => ({
  requestUploads: (dataset, files) =>
    send('POST', ['datasets', dataset, 'uploads'], listOf(signedUploadSchema), { files }),
});

const runs = ({ get, list, send, sendOnce }: Verbs): RunRegistry => ({
  createRun: (run) => send('POST', ['runs'], runSchema, run),
  getRun: (id) => get(['runs', id], runSchema),
  listRuns: ({ limit = 100, ...filter } = {}) => list(['runs'], runSchema, { ...filter, limit }),
  // Asked twice with `again`, it would be tried twice.
  requestRun: (pipeline, request) =>
    request.again === true
      ? sendOnce(['pipelines', pipeline, 'runs'], requestedRunSchema, request)
      : send('POST', ['pipelines', pipeline, 'runs'], requestedRunSchema, request),
  cancelRun: (id, cancellation) => send('POST', ['runs', id, 'cancel'], runSchema, cancellation),
  patchRun: (id, patch) => send('PATCH', ['runs', id], runSchema, patch),
  postRunEvents: (id, events) => sendOnce(['runs', id, 'events'], nothing, { events }),
  listRunEvents: (id, { after, limit = 1000 } = {}) => list(['runs', id, 'events'], runEventSchema, { after, limit }),
});

const selections = ({ get, list, send }: Verbs): SelectionRegistry => ({
  requestSelection: (request) => send('POST', ['selections'], selectionRecordSchema, request),
  getSelection: (id) => get(['selections', id], selectionRecordSchema),
  listSelections: ({ limit = 100, ...filter } = {}) =>
    list(['selections'], selectionRecordSchema, { ...filter, limit }),
  patchSelection: (id, patch) => send('PATCH', ['selections', id], selectionRecordSchema, patch),
  openSelectionRun: (id, run) => send('POST', ['selections', id, 'runs'], runSchema, run),
});

const reproductions = ({ get, list, send, sendOnce }: Verbs): ReproductionRegistry => ({
  requestReproduction: (model, version, request) =>
    send('POST', ['models', model, 'versions', version, 'reproductions'], reproductionSchema, request),
  getReproduction: (id) => get(['reproductions', id], reproductionSchema),
  listReproductions: ({ limit = 100, ...filter } = {}) =>
    list(['reproductions'], reproductionSchema, { ...filter, limit }),
  patchReproduction: (id, patch) => send('PATCH', ['reproductions', id], reproductionSchema, patch),
  postReproductionEvents: (id, events) => sendOnce(['reproductions', id, 'events'], nothing, { events }),
  listReproductionEvents: (id, { after, limit = 1000 } = {}) =>
    list(['reproductions', id, 'events'], reproductionEventSchema, { after, limit }),
});

const bulkClassifications = ({ get, list, send }: Verbs): BulkClassificationRegistry => ({
  requestBulk: (model, request) =>
    send('POST', ['models', model, 'bulk-classifications'], bulkClassificationSchema, request),
  getBulk: (id) => get(['bulk-classifications', id], bulkClassificationSchema),
  listBulks: ({ limit = 100, ...filter } = {}) =>
    list(['bulk-classifications'], bulkClassificationSchema, { ...filter, limit }),
  cancelBulk: (id) => send('POST', ['bulk-classifications', id, 'cancel'], bulkClassificationSchema),
  patchBulk: (id, patch) => send('PATCH', ['bulk-classifications', id], bulkClassificationSchema, patch),
});

const models = ({ get, list, send }: Verbs): ModelRegistry => {
  const versionPath = (model: string, version: number): Path => ['models', model, 'versions', version];
  return {
    getModel: (name) => get(['models', name], modelSchema),
    listModels: () => list(['models'], modelSchema),
    renameModel: (name, to) => send('POST', ['models', name, 'rename'], modelSchema, { to }),
    createModelVersion: (model, version) => send('POST', ['models', model, 'versions'], modelVersionSchema, version),
    adoptVersion: (model, adoption) => send('POST', ['models', model, 'adoptions'], modelVersionSchema, adoption),
    getModelVersion: (model, version) => get(versionPath(model, version), modelVersionSchema),
    listModelVersions: (model) => list(['models', model, 'versions'], modelVersionSchema),
    pageModelVersions: (model, page = {}) =>
      get(['models', model, 'versions'], pageOf(modelVersionSchema), { ...page }),
    listReviews: (filter = {}) => list(['reviews'], reviewSchema, filter),
    getReview: (model, version) => get([...versionPath(model, version), 'review'], reviewSchema),
    // The same person deciding the same twice counts once, so a retry is harmless.
    approve: (model, version, decision) =>
      send('POST', [...versionPath(model, version), 'approve'], modelVersionSchema, decision),
    reject: (model, version, decision) =>
      send('POST', [...versionPath(model, version), 'reject'], modelVersionSchema, decision),
    reopenVersion: (model, version, request) =>
      send('POST', [...versionPath(model, version), 'reopen'], modelVersionSchema, request),
  };
};

const deployments = ({ get, list, send, sendOnce }: Verbs): DeploymentRegistry => {
  const step = (id: string, name: string, body?: unknown) =>
    send('POST', ['promotions', id, name], promotionSchema, body);
  return {
    requestPromotion: (model, promotion) => send('POST', ['models', model, 'promotions'], promotionSchema, promotion),
    getPromotion: (id) => get(['promotions', id], promotionSchema),
    listPromotions: (filter = {}) => list(['promotions'], promotionSchema, filter),
    preparePromotion: (id) => step(id, 'prepare'),
    commitPromotion: (id) => step(id, 'commit'),
    finishPromotion: (id) => step(id, 'finish'),
    failPromotion: (id, error) => step(id, 'fail', { error }),
    startTrial: (model, trial) => send('POST', ['models', model, 'trials'], trialSchema, trial),
    getTrial: (id) => get(['trials', id], trialSchema),
    listTrials: (model, filter = {}) => list(['models', model, 'trials'], trialSchema, filter),
    endTrial: (id, request) => send('POST', ['trials', id, 'end'], trialSchema, request),
    freeze: (request) => send('POST', ['freezes'], freezeSchema, request),
    unfreeze: (request) => send('POST', ['freezes', 'end'], freezeSchema, request),
    listFreezes: (filter = {}) => list(['freezes'], freezeSchema, filter),
    getEpoch: () => get(['epoch'], epochSchema),
    raiseEpoch: (raise) => sendOnce(['epoch'], raisedEpochSchema, raise),
    // Asked twice without `expectedGeneration`, it would go back two versions.
    rollback: (model, request) => sendOnce(['models', model, 'rollback'], ledgerEntrySchema, request),
    listLedger: (model, filter = {}) => list(['models', model, 'ledger'], ledgerEntrySchema, filter),
    getDeployment: async (model, environment) => {
      const answer = z.object({ deployment: deploymentSchema.nullable() });
      return (await get(['models', model, 'deployments', environment], answer)).deployment;
    },
    reportReplica: (id, report) => send('PUT', ['replicas', id], desiredStateSchema, report),
    removeReplica: (id) => send('DELETE', ['replicas', id], nothing),
    classify: (model, request) => send('POST', ['models', model, 'classify'], classificationSchema, request),
    listReplicas: (filter = {}) => list(['replicas'], replicaSchema, filter),
    recordFeedback: async (items) => {
      const answer = z.object({ results: z.array(feedbackResultSchema).length(items.length) });
      return (await send('POST', ['feedback'], answer, { items })).results;
    },
    listLiveAccuracy: (model, filter = {}) => list(['models', model, 'live-accuracy'], liveAccuracySchema, filter),
  };
};

const artifacts = ({ get }: Verbs, transport: Transport): ArtifactRegistry => ({
  getDocument: (digest, schema) => get(['documents', digest], schema),
  getImage: async (digest, { side, signal } = {}) => {
    const response = await transport.open({
      path: ['v1', 'images', digest],
      query: { side },
      headers: { accept: 'image/webp' },
      ...(signal === undefined ? {} : { signal }),
    });
    if (!response.ok) throw await toAnswerError(response, response.url);
    return response.blob();
  },
});

const access = ({ get, list, send, sendOnce }: Verbs): AccessRegistry => ({
  getCaller: () => get(['caller'], callerSchema),
  getLinks: () => get(['links'], linksSchema),
  createSession: (session = {}) => sendOnce(['sessions'], issuedSessionSchema, session),
  endSession: () => send('DELETE', ['sessions', 'current'], nothing),
  listRefusals: ({ limit = 100 } = {}) => list(['refusals'], refusalSchema, { limit }),
  createToken: (token) => sendOnce(['tokens'], issuedTokenSchema, token),
  listTokens: () => list(['tokens'], accessTokenSchema),
  revokeToken: (name) => send('POST', ['tokens', name, 'revoke'], accessTokenSchema),
});

const storage = ({ get, list, send, sendOnce }: Verbs): StorageRegistry => ({
  listReferences: () => get(['references'], referencesSchema),
  openCollection: (collection) => sendOnce(['collections'], collectionSchema, collection),
  closeCollection: (id, removed) => send('PATCH', ['collections', id], collectionSchema, removed),
  listCollections: (filter = {}) => list(['collections'], collectionSchema, filter),
  recordErasure: (erasure) => send('POST', ['erasures'], erasureSchema, erasure),
  listErasures: (filter = {}) => list(['erasures'], erasureSchema, filter),
});

const webhooks = ({ list, send, sendOnce }: Verbs): WebhookRegistry => ({
  createWebhook: (webhook) => sendOnce(['webhooks'], issuedWebhookSchema, webhook),
  listWebhooks: () => list(['webhooks'], webhookSchema),
  removeWebhook: (id) => send('DELETE', ['webhooks', id], webhookSchema),
  enableWebhook: (id) => send('POST', ['webhooks', id, 'enable'], webhookSchema),
  testWebhook: (id) => sendOnce(['webhooks', id, 'test'], webhookTestSchema, undefined),
  listDeliveries: (id, { limit = 100 } = {}) => list(['webhooks', id, 'deliveries'], webhookDeliverySchema, { limit }),
  resendDelivery: (id, event) => send('POST', ['webhooks', id, 'deliveries', event, 'resend'], webhookDeliverySchema),
});

/** A client of the registry at `url`. Nothing is sent until a method is called. */
export const createRegistryClient = (options: RegistryClientOptions): Registry => {
  const transport = createTransport(options);
  const verb = verbs(transport);
  return {
    ...datasets(verb),
    ...datasetContents(verb),
    ...uploads(verb),
    ...watches(verb),
    ...pipelines(verb),
    ...runs(verb),
    ...selections(verb),
    ...reproductions(verb),
    ...bulkClassifications(verb),
    ...models(verb),
    ...deployments(verb),
    ...storage(verb),
    ...access(verb),
    ...artifacts(verb, transport),
    ...webhooks(verb),
    ...createEventRegistry(transport),
    ready: () => transport.call({ method: 'GET', path: ['health', 'ready'], answer: nothing, idempotent: true }),
  };
};
