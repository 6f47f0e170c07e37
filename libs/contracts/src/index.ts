/** What several rooms share: schemas, digests, errors, ids and ports. Everything here may be imported from a workflow. */
export { digestSchema, nameSchema, labelSchema, timestampSchema, shareSchema, intervalSchema } from './digest.js';
export type { Digest, Interval } from './digest.js';
export {
  BATCH_MARK,
  createLabelNamer,
  foldLabel,
  isReservedName,
  isSplitName,
  normalizeLabel,
  readLabel,
} from './label.js';
export { championRefSchema, openedRunSchema } from './opened-run.js';
export type { ChampionRef, OpenedRun } from './opened-run.js';
export {
  BULK_FOLDER,
  BULK_MANIFEST,
  BULK_STATES,
  bulkAnswerSchema,
  bulkClassificationSchema,
  bulkCountsSchema,
  bulkManifestSchema,
  bulkPartName,
  bulkPatchSchema,
  bulkRequestSchema,
  bulkStateSchema,
  classifyPartInputSchema,
  classifyPrefixInputSchema,
  classifyWorkflowId,
  isBulkOver,
  objectPrefixSchema,
  readObjectPrefix,
} from './bulk-classification.js';
export type {
  BulkAnswer,
  BulkClassification,
  BulkControlActivities,
  BulkCounts,
  BulkEvaluateActivities,
  BulkManifest,
  BulkPatch,
  BulkRequest,
  BulkState,
  ClassifiedPart,
  ClassifyPartInput,
  ClassifyPrefixInput,
} from './bulk-classification.js';
export {
  accessTokenSchema,
  callerSchema,
  linksSchema,
  issuedSessionSchema,
  issuedTokenSchema,
  newSessionSchema,
  newTokenSchema,
  refusalSchema,
  ROLES,
  roleSchema,
} from './access.js';
export type {
  AccessToken,
  Caller,
  Links,
  IssuedSession,
  NewSession,
  IssuedToken,
  NewToken,
  Refusal,
  Role,
} from './access.js';
export { canonicalJson, digestOfBytes, digestOfText, toCanonicalDocument } from './canonical-json.js';
export type { CanonicalDocument } from './canonical-json.js';
export {
  EXIT_CODES,
  ERROR_TRAITS,
  ERROR_CODES,
  AppError,
  isErrorCode,
  toAppError,
  httpStatusOf,
  exitCodeOf,
  isRetryable,
} from './errors.js';
export type { ExitCode, ErrorCode, ErrorDetails } from './errors.js';
export { problemSchema, toProblem, fromProblem } from './problem.js';
export type { Problem } from './problem.js';
export { aheadSchema, epochRaiseSchema, epochSchema, isNewer, positionSchema, raisedEpochSchema } from './epoch.js';
export type { Ahead, Epoch, EpochRaise, Position, RaisedEpoch } from './epoch.js';
export {
  SPLITS,
  splitSchema,
  imageQualitySchema,
  manifestImageSchema,
  landedImageSchema,
  manifestShardSchema,
  splitCountsSchema,
  datasetRootSchema,
  QUARANTINE_REASONS,
  quarantineReasonSchema,
  quarantineEntrySchema,
  quarantineSchema,
  datasetPolicySchema,
  datasetSchema,
  datasetVersionSchema,
  newDatasetVersionSchema,
} from './manifest.js';
export type {
  Split,
  ImageQuality,
  ManifestImage,
  LandedImage,
  ManifestShard,
  SplitCounts,
  DatasetRoot,
  QuarantineReason,
  QuarantineEntry,
  Quarantine,
  DatasetPolicy,
  Dataset,
  DatasetVersion,
  NewDatasetVersion,
} from './manifest.js';
export {
  landingPlacementSchema,
  landingObjectSchema,
  landingChunkSchema,
  inspectedObjectSchema,
  inspectedChunkSchema,
  landingLogShardSchema,
  landingLogSchema,
} from './landing.js';
export type {
  LandingPlacement,
  LandingObject,
  LandingChunk,
  InspectedObject,
  InspectedChunk,
  LandingLogShard,
  LandingLogRoot,
} from './landing.js';
export {
  MIN_COLLECTED_AGE_SECONDS,
  collectedSchema,
  collectionSchema,
  newCollectionSchema,
  referencesSchema,
} from './collection.js';
export type { Collected, Collection, NewCollection, References } from './collection.js';
export {
  describeErasure,
  erasedError,
  erasedMarkSchema,
  erasureOf,
  erasureSchema,
  newErasureSchema,
} from './erasure.js';
export type { ErasedMark, Erasure, NewErasure } from './erasure.js';
export { MAX_UPLOAD_BYTES, MAX_UPLOADS, uploadRequestSchema, signedUploadSchema } from './upload.js';
export type { UploadRequest, SignedUpload } from './upload.js';
export {
  MAX_CORRECTED_IMAGES,
  imageRefSchema,
  correctionActionSchema,
  newCorrectionSchema,
  correctionSchema,
  takenOutSchema,
} from './correction.js';
export type { CorrectionAction, NewCorrection, Correction, TakenOut } from './correction.js';
export {
  datasetCardSchema,
  datasetDiffSchema,
  IMAGE_CHANGES,
  imageChangeSchema,
  imageDiffSchema,
} from './dataset-view.js';
export type {
  DatasetCard,
  DatasetDiff,
  Histogram,
  ImageChange,
  ImageDiff,
  LabelCard,
  LabelDiff,
  Spread,
} from './dataset-view.js';
export { checkCorrection, findLabelTwin, sayLabelTwin } from './check-correction.js';
export { imageUnfit } from './image-unfit.js';
export {
  WATCH_STATES,
  newWatchStatusSchema,
  watchStatusSchema,
  ingestionStateSchema,
  ingestionSchema,
  newIngestionSchema,
  ingestionPatchSchema,
  startDecisionSchema,
  datasetStorySchema,
} from './ingestion.js';
export type {
  NewWatchStatus,
  WatchStatus,
  Ingestion,
  NewIngestion,
  IngestionPatch,
  StartDecision,
  DatasetStory,
} from './ingestion.js';
export { budgetRoomAt, decideStart, readRuns, readSameVersions } from './start-decision.js';
export type { RetrainIdentityWithDigest, StartAnswer, StartOccasion, StartQuestion } from './start-decision.js';
export { nextCron } from './cron.js';
export {
  STRATEGIES,
  GUARD_RAILS,
  pipelineDataSchema,
  pipelineTrainSchema,
  pipelineGateSchema,
  pipelineReviewSchema,
  pipelineRolloutSchema,
  TRIGGERS,
  pipelineTriggerSchema,
  pipelineSchema,
  modelOf,
  pipelineDigest,
  reviewTimes,
  baseVariant,
  variantsOf,
  trainDigest,
  pipelineVersionSchema,
  pipelinePatchSchema,
  pipelineEmbedderSchema,
} from './pipeline.js';
export type { GatePolicy, Pipeline, PipelinePatch, PipelineVersion } from './pipeline.js';
export { parseVariant, unquantized, variantNameSchema } from './variant.js';
export type { Variant, VariantName } from './variant.js';
export {
  preprocessingSchema,
  signatureSchema,
  embedderSchema,
  activationKeySchema,
  activationsSchema,
  ARTIFACT_KINDS,
  artifactSchema,
  adoptedLineageSchema,
  isAdopted,
  lineageSchema,
  requireMade,
} from './model-artifact.js';
export type {
  AdoptedLineage,
  Preprocessing,
  Signature,
  Embedder,
  ActivationKey,
  Artifact,
  Lineage,
} from './model-artifact.js';
export type { Activations } from './model-artifact.js';
export { trainingSettingsSchema, trainingPlanSchema } from './training-plan.js';
export type { Strategy, TrainingSettings, TrainingPlan } from './training-plan.js';
export {
  describeFreezeScope,
  freezeRequestSchema,
  freezeSchema,
  freezeScopeSchema,
  type Freeze,
  type FreezeRequest,
  type FreezeScope,
} from './freeze.js';
export { labelNames, namesAtIndex } from './label-names.js';
export { GOLDEN_TOLERANCE, goldenSchema } from './golden.js';
export type { Golden } from './golden.js';
export { predictionSchema, predictionsSchema } from './predictions.js';
export type { Prediction, Predictions } from './predictions.js';
export {
  perClassSchema,
  reliabilityBinSchema,
  sliceSchema,
  metricsSchema,
  pairedSchema,
  GATE_VERDICTS,
  gateVerdictSchema,
  gateCheckSchema,
  gateSchema,
  latencySchema,
  evaluationSchema,
} from './evaluation.js';
export type { ReliabilityBin, Slice } from './evaluation.js';
export type { Metrics, Paired, GateVerdict, Gate, Evaluation } from './evaluation.js';
export { historySchema } from './history.js';
export type { History } from './history.js';
export { driftSchema, isDrift, QUALITY_MEASURES } from './drift.js';
export type { Drift, QualityMeasure } from './drift.js';
export {
  RUN_STAGES,
  runStageSchema,
  newRunEventSchema,
  runEventSchema,
  RUN_STATES,
  runStateSchema,
  checkpointRefSchema,
  runSchema,
  newRunSchema,
  runRequestSchema,
  isUnderWay,
  runCancellationSchema,
  requestedRunSchema,
  runPatchSchema,
} from './run.js';
export type {
  RunStage,
  NewRunEvent,
  RunEvent,
  CheckpointRef,
  RunState,
  Run,
  NewRun,
  RunFilter,
  RunRequest,
  RunCancellation,
  RequestedRun,
  RunPatch,
} from './run.js';
export {
  VERSION_STATES,
  versionStateSchema,
  modelVersionSchema,
  versionVariantSchema,
  newAdoptionSchema,
  servesMadeError,
  newModelVersionSchema,
  modelSchema,
  reviewSchema,
  reviewActSchema,
  reviewDecisionSchema,
  reopenRequestSchema,
} from './model-version.js';
export type {
  VersionState,
  ModelVersion,
  VersionVariant,
  NewAdoption,
  NewModelVersion,
  Model,
  Review,
  ReviewAct,
  ReviewDecision,
  ReopenRequest,
} from './model-version.js';
export { reconciliationActSchema, reconciliationSchema } from './reconciliation.js';
export type { Reconciliation, ReconciliationAct } from './reconciliation.js';
export {
  NOTICE_KINDS,
  noticeKindSchema,
  noticeDataSchema,
  noticeSchema,
  webhookMessageSchema,
  newWebhookSchema,
  webhookSchema,
  issuedWebhookSchema,
  webhookDeliverySchema,
  webhookTestSchema,
} from './webhook.js';
export type {
  NoticeKind,
  NoticeData,
  Notice,
  WebhookMessage,
  NewWebhook,
  Webhook,
  IssuedWebhook,
  WebhookDelivery,
  WebhookTest,
} from './webhook.js';
export {
  TRIAL_ROLES,
  trialRoleSchema,
  trialPolicySchema,
  DEFAULT_STEPS,
  newTrialSchema,
  tallySchema,
  TRIAL_MEASURES,
  trialMeasureSchema,
  trialEvidenceSchema,
  TRIAL_STATES,
  trialStateSchema,
  trialSchema,
  trialEndSchema,
  ledgerTrialSchema,
  LATENCY_BOUNDS_MS,
  trialCountsSchema,
  trialReportSchema,
} from './trial.js';
export type {
  TrialRole,
  TrialPolicy,
  NewTrial,
  Tally,
  TrialMeasure,
  TrialEvidence,
  TrialState,
  Trial,
  LedgerTrial,
  TrialCounts,
  TrialReport,
} from './trial.js';
export {
  keepsChampion,
  ledgerActionSchema,
  ledgerEntrySchema,
  servableSchema,
  deploymentSchema,
  preparationSchema,
  desiredStateSchema,
  replicaReportSchema,
  replicaSchema,
  PROMOTION_STATES,
  promotionSchema,
  newPromotionSchema,
  rollbackRequestSchema,
  registryEventSchema,
} from './deployment.js';
export type {
  LedgerEntry,
  Servable,
  Deployment,
  Preparation,
  DesiredState,
  ReplicaReport,
  Replica,
  Promotion,
  NewPromotion,
  RollbackRequest,
  RegistryEvent,
} from './deployment.js';
export { describePin, newPinSchema, pinEndSchema, pinRecordSchema, pinSchema, pinsSchema } from './pin.js';
export type { NewPin, Pin, PinEnd, PinRecord, Pins } from './pin.js';
export {
  MOST_REPLICAS,
  REPLICA_PROCESS_STATES,
  replicaCountSchema,
  replicaProcessSchema,
  servingFrontSchema,
} from './replica-process.js';
export type { ReplicaCount, ReplicaProcess, ServingFront } from './replica-process.js';
export {
  LIVE_WINDOWS,
  MOST_FEEDBACK,
  classificationSchema,
  classifyRequestSchema,
  MOST_IMAGE_BYTES,
  MOST_IMAGE_CHARACTERS,
  feedbackBatchSchema,
  feedbackReceiptSchema,
  feedbackResultSchema,
  feedbackSchema,
  liveAccuracySchema,
  verifiedFeedbackSchema,
  windowAccuracySchema,
} from './feedback.js';
export type {
  Classification,
  ClassifyRequest,
  Feedback,
  FeedbackReceipt,
  FeedbackResult,
  LiveAccuracy,
  LiveWindow,
  VerifiedFeedback,
  WindowAccuracy,
} from './feedback.js';
export {
  TASK_QUEUES,
  WORKFLOW_TYPES,
  LANDED_SIGNAL,
  RECONCILE_SCHEDULE_ID,
  landedHintSchema,
  watchWorkflowId,
  ingestWorkflowId,
  retrainWorkflowId,
  promoteWorkflowId,
  CRON_SCHEDULE_PREFIX,
  cronScheduleId,
  watchDatasetInputSchema,
  ingestDatasetInputSchema,
  ingestDatasetResultSchema,
  scheduledRunInputSchema,
  retrainInputSchema,
  retrainResultSchema,
  promoteInputSchema,
  promoteResultSchema,
} from './workflows.js';
export type {
  RetrainIdentity,
  LandedHint,
  WatchDatasetInput,
  IngestDatasetInput,
  IngestDatasetResult,
  ScheduledRunInput,
  RetrainInput,
  RetrainResult,
  PromoteInput,
  PromoteResult,
} from './workflows.js';
export type { BlobStore } from './ports/blob-store.js';
export type { FeatureMatrix, FeatureSource } from './ports/feature-source.js';
export {
  ingestPlanSchema,
  promotionStateSchema,
  planTrainingInputSchema,
  prepareEmbedderInputSchema,
  planEmbeddingInputSchema,
  embeddingPlanSchema,
  embedChunkInputSchema,
  measureDriftInputSchema,
  trainModelInputSchema,
  exportModelInputSchema,
  planPruningInputSchema,
  quantizeModelInputSchema,
  exportedFormSchema,
  exportedModelSchema,
  evaluateModelInputSchema,
  evaluatedModelSchema,
  registerVersionInputSchema,
} from './activities.js';
export type {
  IngestPlan,
  IngestActivities,
  PromotionState,
  ControlActivities,
  WatchPolicy,
  LandedCount,
  PlanTrainingInput,
  PrepareEmbedderInput,
  PlanEmbeddingInput,
  EmbeddingPlan,
  EmbedChunkInput,
  EmbedActivities,
  MeasureDriftInput,
  TrainModelInput,
  ExportModelInput,
  PlanPruningInput,
  QuantizeModelInput,
  ExportedForm,
  ExportedModel,
  TrainActivities,
  EvaluateModelInput,
  EvaluatedModel,
  EvaluateActivities,
  RegisterVersionInput,
} from './activities.js';
export {
  candidateNameSchema,
  parseCandidate,
  probeTargetOf,
  selectionLimitsSchema,
  selectionRequestSchema,
  selectionDigest,
  probeSchema,
  fineTunedSchema,
  selectionCandidateSchema,
  SELECTION_WARNINGS,
  selectionWarningSchema,
  recommendationSchema,
  selectionSchema,
} from './selection.js';
export type {
  CandidateName,
  SelectionLimits,
  SelectionRequest,
  Probe,
  CandidateComparison,
  FineTuned,
  SelectionCandidate,
  SelectionWarning,
  Recommendation,
  Selection,
} from './selection.js';
export {
  SELECTION_STATES,
  SELECTION_STAGES,
  selectionStageSchema,
  selectionRunSchema,
  selectionRecordSchema,
  selectionPatchSchema,
  newSelectionRunSchema,
} from './selection-record.js';
export type {
  SelectionStage,
  SelectionRun,
  SelectionRecord,
  SelectionPatch,
  NewSelectionRun,
} from './selection-record.js';
export {
  REPRODUCTION_STATES,
  REPRODUCTION_OUTCOMES,
  reproductionOutcomeSchema,
  reproductionRequestSchema,
  reproductionSchema,
  reproductionPatchSchema,
  reproductionEventSchema,
  reproductionStepSchema,
  comparedFormSchema,
  reproductionReportSchema,
  reproduceWorkflowId,
  reproduceInputSchema,
  reproductionRunId,
  reproductionOf,
  reproductionSourceSchema,
  recomputeActivationsInputSchema,
  compareFormInputSchema,
  concludeReproductionInputSchema,
} from './reproduction.js';
export type {
  CompareFormInput,
  ComparedForm,
  ConcludeReproductionInput,
  RecomputeActivationsInput,
  ReproduceInput,
  ReproduceResult,
  Reproduction,
  ReproductionControlActivities,
  ReproductionEmbedActivities,
  ReproductionEvaluateActivities,
  ReproductionEvent,
  ReproductionOutcome,
  ReproductionPatch,
  ReproductionReport,
  ReproductionRequest,
  ReproductionSource,
  ReproductionStep,
} from './reproduction.js';
export { probeResultSchema, backboneMeasuresSchema, finalistResultsSchema } from './selection-documents.js';
export type { ProbeResult, BackboneMeasures, FinalistResults } from './selection-documents.js';
export {
  selectWorkflowId,
  finalistWorkflowId,
  selectInputSchema,
  selectResultSchema,
  finalistInputSchema,
  trainedFinalistSchema,
  selectionStateSchema,
  probedTargetSchema,
  judgeProbesInputSchema,
  concludeSelectionInputSchema,
  probeBackboneInputSchema,
  measureBackbonesInputSchema,
  judgeFinalistsInputSchema,
} from './selection-activities.js';
export type {
  SelectInput,
  SelectResult,
  FinalistInput,
  TrainedFinalist,
  SelectionState,
  ProbedTarget,
  JudgeProbesInput,
  ConcludeSelectionInput,
  SelectionControlActivities,
  ProbeBackboneInput,
  SelectionEmbedActivities,
  MeasureBackbonesInput,
  JudgeFinalistsInput,
  SelectionEvaluateActivities,
} from './selection-activities.js';
export { describeFacts } from './describe-stage.js';
export { runStoryOf, STAGE_UNITS, STOPS_EARLY } from './run-story.js';
export type { RunStory } from './run-story.js';
export { rollbackTarget, servingHistory, variantOfEntry } from './rollback-target.js';
export type { RollbackSituation } from './rollback-target.js';
export { BACKUP_BUCKETS, backupObjectSchema, backupSchema, databaseDumpSchema, databaseStateSchema } from './backup.js';
export type { Backup, BackupObject, DatabaseDump, DatabaseState } from './backup.js';
