/**
 * The registry port: what the rest of Graft asks of the registry. One interface, adapters behind it.
 * Every method throws AppError; `not_found`, `conflict`, `stale_generation`, `refused` mean what errors.ts says.
 */
import type {
  AccessToken,
  Caller,
  Classification,
  ClassifyRequest,
  Links,
  Collected,
  Collection,
  Correction,
  Dataset,
  DatasetCard,
  DatasetDiff,
  DatasetPolicy,
  DatasetVersion,
  Deployment,
  DatasetStory,
  FeedbackResult,
  Freeze,
  FreezeRequest,
  DesiredState,
  Digest,
  Erasure,
  Epoch,
  EpochRaise,
  ImageChange,
  ImageDiff,
  Ingestion,
  IngestionPatch,
  IssuedSession,
  IssuedToken,
  IssuedWebhook,
  LedgerEntry,
  LiveAccuracy,
  ManifestImage,
  Model,
  ModelVersion,
  NewCollection,
  NewCorrection,
  NewDatasetVersion,
  NewErasure,
  NewIngestion,
  NewAdoption,
  NewModelVersion,
  NewPromotion,
  NewTrial,
  NewRun,
  NewRunEvent,
  NewSelectionRun,
  NewSession,
  NewToken,
  NewWatchStatus,
  NewWebhook,
  PipelinePatch,
  PipelineVersion,
  Promotion,
  QuarantineEntry,
  QuarantineReason,
  RaisedEpoch,
  Refusal,
  References,
  ReopenRequest,
  RegistryEvent,
  Replica,
  ReplicaReport,
  RequestedRun,
  Review,
  ReviewDecision,
  RollbackRequest,
  Run,
  RunEvent,
  RunFilter,
  RunCancellation,
  RunPatch,
  RunRequest,
  BulkClassification,
  BulkPatch,
  BulkRequest,
  BulkState,
  Reproduction,
  ReproductionEvent,
  ReproductionPatch,
  ReproductionRequest,
  SelectionPatch,
  SelectionRecord,
  SelectionRequest,
  SignedUpload,
  Split,
  UploadRequest,
  VerifiedFeedback,
  WatchStatus,
  Webhook,
  WebhookDelivery,
  WebhookTest,
  Trial,
} from '@graft/contracts';
import type { z } from 'zod';

export interface DatasetRegistry {
  /** Creates a dataset, or gives it this policy. Fields left out keep their value (their default at first). */
  putDataset(name: string, policy: Partial<DatasetPolicy>): Promise<Dataset>;
  getDataset(name: string): Promise<Dataset>;
  listDatasets(): Promise<Dataset[]>;
  /** Registers a version. The same id twice gives the one that is there. `conflict` when `parent` is no longer the latest. */
  createDatasetVersion(version: NewDatasetVersion): Promise<DatasetVersion>;
  /** By its digest. */
  getDatasetVersion(id: Digest): Promise<DatasetVersion>;
  /** Newest first. */
  listDatasetVersions(dataset: string): Promise<DatasetVersion[]>;
  /** Numbers a correction, which the next version takes in. Sent twice, it counts twice. `invalid_request` as rules/correction.ts of the registry says. */
  createCorrection(dataset: string, correction: NewCorrection): Promise<Correction>;
  /** Those after a number (default 0), oldest first, at most `limit` (default 100). */
  listCorrections(dataset: string, page?: { after?: number; limit?: number }): Promise<Correction[]>;
}

/** One page of a list that is looked at page by page. */
export interface Page<T> {
  readonly items: T[];
  /** The `cursor` of the page that follows; null on the last. */
  readonly next: string | null;
}
/** `limit` items (default 100, at most 1,000) after those that a cursor stands for. */
export interface PageRequest {
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

/** What dataset versions hold, read page by page: `unavailable` where the registry knows no object store. */
export interface DatasetContentRegistry {
  /** By sha256. */
  listDatasetImages(
    id: Digest,
    page?: PageRequest & { label?: string | undefined; split?: Split | undefined; source?: string | undefined },
  ): Promise<Page<ManifestImage>>;
  /** `too_large` for more than 200,000 images. */
  getDatasetCard(id: Digest): Promise<DatasetCard>;
  /** What a version left out, by key. */
  listVersionQuarantine(
    id: Digest,
    page?: PageRequest & { reason?: QuarantineReason | undefined },
  ): Promise<Page<QuarantineEntry>>;
  /** All that was left out of a dataset up to now, also what came since its latest version; by key. */
  listQuarantine(
    dataset: string,
    page?: PageRequest & { reason?: QuarantineReason | undefined },
  ): Promise<Page<QuarantineEntry>>;
  /** What changed from one version to another. `invalid_request` for versions of two datasets, `too_large` where 200,000 images may have. */
  getDatasetDiff(from: Digest, to: Digest): Promise<DatasetDiff>;
  /** By sha256. */
  listChangedImages(
    from: Digest,
    to: Digest,
    page?: PageRequest & { change?: ImageChange | undefined; label?: string | undefined },
  ): Promise<Page<ImageDiff>>;
}

/** How a dataset is watched, and what came of it. */
export interface WatchRegistry {
  /** No version is made until it is resumed; what lands stays in the bucket. Again: no change. */
  pauseDataset(name: string): Promise<Dataset>;
  /** Goes on, with all that landed meanwhile. Again: no change. */
  resumeDataset(name: string): Promise<Dataset>;
  /** Asks for a version of what landed now, without any wait. `refused` while it is paused. */
  askLook(name: string): Promise<Dataset>;
  reportWatch(name: string, status: NewWatchStatus): Promise<void>;
  /** Null where it was never watched. */
  getWatch(name: string): Promise<WatchStatus | null>;
  /** The same id again gives the ingestion that is there. */
  openIngestion(ingestion: NewIngestion): Promise<Ingestion>;
  /** After the end only that same end is taken, and changes nothing; `conflict` for another. */
  patchIngestion(id: string, patch: IngestionPatch): Promise<Ingestion>;
  /** Newest first; at most `limit` (default 20). */
  listIngestions(dataset: string, options?: { limit?: number }): Promise<Ingestion[]>;
  /** Why the dataset has the version it has, and why its pipelines have their runs or none. */
  explainDataset(name: string): Promise<DatasetStory>;
}

export interface UploadRegistry {
  /**
   * Addresses to put images to, one for each file, in their order, at most 1,000 at a time. `unavailable` where the registry knows no
   * object store, `invalid_request` for a file that can't be landed.
   */
  requestUploads(dataset: string, files: readonly UploadRequest[]): Promise<SignedUpload[]>;
}

export interface PipelineRegistry {
  /** Applies a pipeline's YAML text: a new version, or the present one when nothing in it changed. */
  applyPipeline(yaml: string): Promise<PipelineVersion>;
  /** Switches a pipeline on or off: whether runs of it start by themselves. */
  patchPipeline(name: string, patch: PipelinePatch): Promise<PipelineVersion>;
  getPipeline(name: string, number?: number): Promise<PipelineVersion>;
  /** The latest version of each; of one dataset's subscribers where one is named. */
  listPipelines(filter?: { dataset?: string }): Promise<PipelineVersion[]>;
  /**
   * The embedder.v1 document that a pipeline keeps for an identity: a digest of all that decides an embedder but the images
   * that it was calibrated on. Null where it keeps none.
   */
  findPipelineEmbedder(pipeline: string, identity: Digest): Promise<Digest | null>;
  /** Keeps an embedder for a pipeline, once and for all, and gives the one that is kept: the first one's. */
  keepPipelineEmbedder(pipeline: string, identity: Digest, embedder: Digest): Promise<Digest>;
}

export interface RunRegistry {
  /** Unique in pipeline, dataset version, train digest and attempt: the same again gives the run that is there. */
  createRun(run: NewRun): Promise<Run>;
  getRun(id: string): Promise<Run>;
  /** Newest first. */
  listRuns(filter?: RunFilter): Promise<Run[]>;
  /**
   * Asks for a run of a pipeline; its dataset's latest version where none is named. One that is there already is the answer, unless
   * `again` asks for another try: `conflict` while one is under way. `refused` where leakage blocks the version.
   */
  requestRun(pipeline: string, request: RunRequest): Promise<RequestedRun>;
  /** Calls it off: `cancelled`, or `cancelling` until its workflow has let go. Again: no change; `conflict` where it has ended. */
  cancelRun(id: string, cancellation: RunCancellation): Promise<Run>;
  patchRun(id: string, patch: RunPatch): Promise<Run>;
  postRunEvents(id: string, events: readonly NewRunEvent[]): Promise<void>;
  /** Events after a sequence number, oldest first. */
  listRunEvents(id: string, options?: { after?: number; limit?: number }): Promise<RunEvent[]>;
}

export interface SelectionRegistry {
  /** Asks which backbone is worth deploying. The same request gives the selection that is there; one that failed tries again. */
  requestSelection(request: SelectionRequest): Promise<SelectionRecord>;
  getSelection(id: string): Promise<SelectionRecord>;
  /** Newest first. */
  listSelections(filter?: {
    state?: SelectionRecord['state'];
    dataset?: string;
    limit?: number;
  }): Promise<SelectionRecord[]>;
  /** The same end twice is no change; `conflict` where it has ended otherwise. */
  patchSelection(id: string, patch: SelectionPatch): Promise<SelectionRecord>;
  /** A run that works for it on one candidate: asking again gives the run that is there. */
  openSelectionRun(id: string, run: NewSelectionRun): Promise<Run>;
}

export interface ReproductionRegistry {
  /** Asks for a version to be made again and compared. The same question while one is under way gives that one. `refused` for a version that no run made. */
  requestReproduction(model: string, version: number, request: ReproductionRequest): Promise<Reproduction>;
  getReproduction(id: string): Promise<Reproduction>;
  /** Newest first. */
  listReproductions(filter?: {
    state?: Reproduction['state'];
    model?: string;
    version?: number;
    limit?: number;
  }): Promise<Reproduction[]>;
  /** The same end twice is no change; `conflict` where it has ended otherwise. */
  patchReproduction(id: string, patch: ReproductionPatch): Promise<Reproduction>;
  /** What comes after its end is dropped. */
  postReproductionEvents(id: string, events: readonly NewRunEvent[]): Promise<void>;
  /** Events after a sequence number, oldest first. */
  listReproductionEvents(id: string, options?: { after?: number; limit?: number }): Promise<ReproductionEvent[]>;
}

export interface BulkClassificationRegistry {
  /** Asks for every image under a prefix to be classified by one version. The same while one is under way gives that one; `conflict` where another one writes there. */
  requestBulk(model: string, request: BulkRequest): Promise<BulkClassification>;
  getBulk(id: string): Promise<BulkClassification>;
  /** Newest first. */
  listBulks(filter?: { state?: BulkState; model?: string; limit?: number }): Promise<BulkClassification[]>;
  /** What is written stays; one that has ended stays as it is. */
  cancelBulk(id: string): Promise<BulkClassification>;
  /** The same end twice is no change; `conflict` where it has ended otherwise. */
  patchBulk(id: string, patch: BulkPatch): Promise<BulkClassification>;
}

export interface ModelRegistry {
  getModel(name: string): Promise<Model>;
  listModels(): Promise<Model[]>;
  /**
   * Gives a model another name; all that it has follows, and the ledger's rows keep the name that they were written under. `conflict`
   * where the name is taken, `refused` while an enabled pipeline makes its versions.
   */
  renameModel(name: string, to: string): Promise<Model>;
  /**
   * Registers a version of a model (made on first use) and puts it up for review. The same `lineage.runId` twice gives
   * the version that is there. An earlier candidate that still waits is superseded.
   */
  createModelVersion(model: string, version: NewModelVersion): Promise<ModelVersion>;
  /**
   * Registers what was in production elsewhere as an approved version; the same artifact again gives the version that is there. `refused`
   * where the environment serves a version of the model already, `not_found` where a number names no external version.
   */
  adoptVersion(model: string, adoption: NewAdoption): Promise<ModelVersion>;
  getModelVersion(model: string, version: number): Promise<ModelVersion>;
  /** Newest first. */
  listModelVersions(model: string): Promise<ModelVersion[]>;
  /** A page of them, at most `limit` (default 100), after what a page before ended in. */
  pageModelVersions(model: string, page?: { cursor?: string | undefined; limit?: number }): Promise<Page<ModelVersion>>;
  /** Candidates that wait for a person, oldest first: those up for review, and those whose gate failed. */
  listReviews(filter?: { model?: string }): Promise<Review[]>;
  /**
   * What a decision on one version must be bound to now, whatever its state: a withdrawn version may be approved again,
   * bound to the generation that is served today.
   */
  getReview(model: string, version: number): Promise<Review>;
  /** One transaction; `stale_generation` when report or champion is not what the decision was bound to. */
  approve(model: string, version: number, decision: ReviewDecision): Promise<ModelVersion>;
  reject(model: string, version: number, decision: ReviewDecision): Promise<ModelVersion>;
  /**
   * A version that expired waits for a person anew. Again: no change. `conflict` for one that did not expire, `refused` where a newer
   * candidate waits.
   */
  reopenVersion(model: string, version: number, request: ReopenRequest): Promise<ModelVersion>;
}

export interface DeploymentRegistry {
  /** Asks for a promotion of an approved version; the orchestrator carries it out. */
  requestPromotion(model: string, promotion: NewPromotion): Promise<Promotion>;
  getPromotion(id: string): Promise<Promotion>;
  listPromotions(filter?: { state?: Promotion['state']; model?: string }): Promise<Promotion[]>;
  /** requested → preparing: replicas are asked to load the version. Again: no change. */
  preparePromotion(id: string): Promise<Promotion>;
  /** Compare-and-swap on the generation, ledger row, event: one transaction. Again: the promotion as committed. */
  commitPromotion(id: string): Promise<Promotion>;
  /** committed → swapped, once every live replica serves that generation or a newer one. */
  finishPromotion(id: string): Promise<Promotion>;
  failPromotion(id: string, error: { code: string; message: string }): Promise<Promotion>;
  /** A new ledger row in one transaction. Needs neither Temporal nor the orchestrator. */
  rollback(model: string, request: RollbackRequest): Promise<LedgerEntry>;
  /**
   * Puts an approved version beside the champion, in shadow or as a canary. The registry takes it on step by step, promotes a canary that
   * came through, and takes back what is worse. `conflict` where another is on trial there.
   */
  startTrial(model: string, trial: NewTrial): Promise<Trial>;
  getTrial(id: string): Promise<Trial>;
  /** Newest first. */
  listTrials(model: string, filter?: { limit?: number }): Promise<Trial[]>;
  /** Again: the trial as it ended. */
  endTrial(id: string, request: { reason: string }): Promise<Trial>;
  /** Stops promotions of a model, in an environment, or of all (null). Once it has returned, none is committed. Again: no change. */
  freeze(request: FreezeRequest): Promise<Freeze>;
  /** `not_found` where none holds in just this place. */
  unfreeze(request: FreezeRequest): Promise<Freeze>;
  /** Newest first: those that hold, or all. */
  listFreezes(filter?: { all?: boolean }): Promise<Freeze[]>;
  /** The present epoch, and what live replicas serve that the ledgers know nothing of. */
  getEpoch(): Promise<Epoch>;
  /** After a restore of the database: a new epoch, in which replicas serve what the ledgers end in. `stale_generation` where it has risen. */
  raiseEpoch(raise: EpochRaise): Promise<RaisedEpoch>;
  /** Newest first; all of it where no limit is named. */
  listLedger(model: string, filter?: { environment?: string; limit?: number }): Promise<LedgerEntry[]>;
  /** The deployment of a model in an environment; null where nothing was ever promoted. */
  getDeployment(model: string, environment: string): Promise<Deployment | null>;
  /** A replica's lease and acknowledgement; the answer is all it has to know. */
  reportReplica(replicaId: string, report: ReplicaReport): Promise<DesiredState>;
  /** Ends a lease at once, on shutdown. */
  removeReplica(replicaId: string): Promise<void>;
  listReplicas(filter?: { environment?: string; live?: boolean }): Promise<Replica[]>;
  /** What a live replica says of one image. What it refuses is passed on; `not_found` where none serves the model, `unavailable` where none answers. */
  classify(model: string, request: ClassifyRequest): Promise<Classification>;
  /** What replicas hand on: at most MOST_FEEDBACK, with a result for each in their order. Said again, it counts once. */
  recordFeedback(items: readonly VerifiedFeedback[]): Promise<FeedbackResult[]>;
  /** Versions with feedback in an environment (default production), the newest first. */
  listLiveAccuracy(model: string, filter?: { environment?: string }): Promise<LiveAccuracy[]>;
}

export interface ArtifactRegistry {
  /** The document under a digest, checked against its schema. `not_found` where there is none, or the digest is of something else. */
  getDocument<S extends z.ZodType>(digest: Digest, schema: S): Promise<z.output<S>>;
  /** An image of a dataset as WebP, at most `side` pixels (default 128) wide and high. */
  getImage(digest: Digest, options?: { side?: number; signal?: AbortSignal }): Promise<Blob>;
}

export interface AccessRegistry {
  /** Who this client's token speaks for, and what they may call. */
  getCaller(): Promise<Caller>;
  /** Where else people look, as the registry was told. */
  getLinks(): Promise<Links>;
  /**
   * A token for a browser, of the caller's own name, that ends by itself and with the token of this client. `forbidden` for a role with a right
   * that the caller lacks, and by a session.
   */
  createSession(session?: NewSession): Promise<IssuedSession>;
  /** Ends the session that this client's token is of; for another token, no change. */
  endSession(): Promise<void>;
  /** Calls that were refused for want of a token or a right, those alike within a minute together; newest first, at most `limit` (default 100). */
  listRefusals(options?: { limit?: number }): Promise<Refusal[]>;
  /**
   * Makes an access token, which the answer alone tells. `conflict` where a live one has the name, `refused` for a name of Graft's own,
   * `invalid_request` for an expiry that is past.
   */
  createToken(token: NewToken): Promise<IssuedToken>;
  /** Newest first; those that were revoked or have expired too. */
  listTokens(): Promise<AccessToken[]>;
  /** From now on it gives no right to anything. Again: no change. `refused` for those that the stack itself uses. */
  revokeToken(name: string): Promise<AccessToken>;
}

/** Programs that are told of what happens. For admins. */
export interface WebhookRegistry {
  /**
   * The answer alone has the secret. `conflict` where there is one for the URL, `refused` for an address that is out of bounds: link-local,
   * metadata, or http to another machine.
   */
  createWebhook(webhook: NewWebhook): Promise<IssuedWebhook>;
  /** Oldest first. */
  listWebhooks(): Promise<Webhook[]>;
  removeWebhook(id: string): Promise<Webhook>;
  /** Tries one that was disabled again. Again: no change. */
  enableWebhook(id: string): Promise<Webhook>;
  /** Sends a message now, and tells what became of it. */
  testWebhook(id: string): Promise<WebhookTest>;
  /** Newest first; at most `limit` (default 100). */
  listDeliveries(id: string, options?: { limit?: number }): Promise<WebhookDelivery[]>;
  /** Sends a message again, under the id that it had. */
  resendDelivery(id: string, event: number): Promise<WebhookDelivery>;
}

/** What is kept in the object store, and what went of it. */
export interface StorageRegistry {
  /** Every digest that a row names, as of one moment. */
  listReferences(): Promise<References>;
  /** Says that a collection begins. `refused` for an age below an hour without force. Asked twice, it is two. */
  openCollection(collection: NewCollection): Promise<Collection>;
  /** Says what it removed. Again: no change. */
  closeCollection(id: string, removed: Collected): Promise<Collection>;
  /** Newest first; all, or the newest `limit`. */
  listCollections(filter?: { limit?: number }): Promise<Collection[]>;
  /**
   * Keeps that an object is erased, for good; its bytes are the caller's matter. Again: the erasure that is there. `refused` for what an
   * environment serves or can go back to, without force.
   */
  recordErasure(erasure: NewErasure): Promise<Erasure>;
  /** Newest first; all, or the newest `limit`. */
  listErasures(filter?: { limit?: number }): Promise<Erasure[]>;
}

export interface EventRegistry {
  /**
   * The event stream: hints that something changed, from `after` on (default: from now). Reconnects by itself until the
   * signal aborts. Whoever listens polls as well.
   */
  events(options: { signal: AbortSignal; after?: number }): AsyncIterable<RegistryEvent>;
}

export interface Registry
  extends
    DatasetRegistry,
    DatasetContentRegistry,
    UploadRegistry,
    WatchRegistry,
    PipelineRegistry,
    RunRegistry,
    SelectionRegistry,
    ReproductionRegistry,
    BulkClassificationRegistry,
    ModelRegistry,
    DeploymentRegistry,
    StorageRegistry,
    AccessRegistry,
    ArtifactRegistry,
    WebhookRegistry,
    EventRegistry {
  /** Resolves when the registry answers and its database does. */
  ready(): Promise<void>;
}
