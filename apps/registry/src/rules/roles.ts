/** Who may do what. */
import { ROLES, type Role } from '@graft/contracts';

/** Who asks, as the ledger names them. */
export interface Principal {
  readonly name: string;
  readonly role: Role;
}

const EVERYONE = ROLES;
export const PEOPLE: readonly Role[] = ['viewer', 'trainer', 'reviewer', 'deployer', 'admin'];
const ADMINISTERS: readonly Role[] = ['admin'];
const MAKES_MODELS: readonly Role[] = ['trainer', 'admin', 'service'];
const CATALOGUES: readonly Role[] = ['trainer', 'reviewer', 'deployer', 'admin'];
const REVIEWS: readonly Role[] = ['reviewer', 'admin'];
const DEPLOYS: readonly Role[] = ['deployer', 'admin'];
const CARRIES_OUT: readonly Role[] = ['admin', 'service'];
const SERVES: readonly Role[] = ['admin', 'serving'];

/** The one table of rights: every operation of the API, and the roles that may call it. The server starts with none missing. */
export const ACCESS = {
  getCaller: EVERYONE,
  getLinks: EVERYONE,
  getDocument: EVERYONE,
  getImage: EVERYONE,
  listRefusals: ADMINISTERS,
  // Processes keep their tokens.
  createSession: PEOPLE,
  endSession: PEOPLE,
  createToken: ADMINISTERS,
  listTokens: ADMINISTERS,
  revokeToken: ADMINISTERS,
  createWebhook: ADMINISTERS,
  listWebhooks: ADMINISTERS,
  removeWebhook: ADMINISTERS,
  enableWebhook: ADMINISTERS,
  testWebhook: ADMINISTERS,
  listDeliveries: ADMINISTERS,
  resendDelivery: ADMINISTERS,
  listDatasets: EVERYONE,
  getDataset: EVERYONE,
  putDataset: MAKES_MODELS,
  listDatasetVersions: EVERYONE,
  requestUploads: MAKES_MODELS,
  createDatasetVersion: CARRIES_OUT,
  getDatasetVersion: EVERYONE,
  listDatasetImages: EVERYONE,
  getDatasetCard: EVERYONE,
  listVersionQuarantine: EVERYONE,
  listQuarantine: EVERYONE,
  getDatasetDiff: EVERYONE,
  listChangedImages: EVERYONE,
  createCorrection: ['trainer', 'admin'],
  listCorrections: EVERYONE,
  pauseDataset: ['trainer', 'admin'],
  resumeDataset: ['trainer', 'admin'],
  askLook: ['trainer', 'admin'],
  getWatch: EVERYONE,
  reportWatch: CARRIES_OUT,
  explainDataset: EVERYONE,
  openIngestion: CARRIES_OUT,
  patchIngestion: CARRIES_OUT,
  listIngestions: EVERYONE,
  listPipelines: EVERYONE,
  getPipeline: EVERYONE,
  getPipelineVersion: EVERYONE,
  applyPipeline: ['trainer', 'admin'],
  patchPipeline: ['trainer', 'admin'],
  requestRun: ['trainer', 'admin'],
  cancelRun: ['trainer', 'admin'],
  getPipelineEmbedder: EVERYONE,
  keepPipelineEmbedder: MAKES_MODELS,
  createRun: MAKES_MODELS,
  listRuns: EVERYONE,
  getRun: EVERYONE,
  patchRun: MAKES_MODELS,
  postRunEvents: CARRIES_OUT,
  listRunEvents: EVERYONE,
  requestSelection: ['trainer', 'admin'],
  listSelections: EVERYONE,
  getSelection: EVERYONE,
  patchSelection: CARRIES_OUT,
  openSelectionRun: CARRIES_OUT,
  requestReproduction: ['trainer', 'reviewer', 'admin'],
  listReproductions: EVERYONE,
  getReproduction: EVERYONE,
  patchReproduction: CARRIES_OUT,
  postReproductionEvents: CARRIES_OUT,
  listReproductionEvents: EVERYONE,
  requestBulk: ['trainer', 'reviewer', 'deployer', 'admin'],
  listBulks: EVERYONE,
  getBulk: EVERYONE,
  cancelBulk: ['trainer', 'reviewer', 'deployer', 'admin'],
  patchBulk: CARRIES_OUT,
  listModels: EVERYONE,
  getModel: EVERYONE,
  renameModel: ['admin'],
  createModelVersion: CARRIES_OUT,
  adoptVersion: ['admin'],
  listModelVersions: EVERYONE,
  getModelVersion: EVERYONE,
  listReviews: EVERYONE,
  getReview: EVERYONE,
  approveVersion: REVIEWS,
  rejectVersion: REVIEWS,
  reopenVersion: ['admin'],
  requestPromotion: DEPLOYS,
  listPromotions: EVERYONE,
  getPromotion: EVERYONE,
  preparePromotion: CARRIES_OUT,
  commitPromotion: CARRIES_OUT,
  finishPromotion: CARRIES_OUT,
  failPromotion: ['deployer', 'admin', 'service'],
  rollback: DEPLOYS,
  startTrial: DEPLOYS,
  getTrial: EVERYONE,
  listTrials: EVERYONE,
  endTrial: DEPLOYS,
  freeze: DEPLOYS,
  unfreeze: DEPLOYS,
  listFreezes: EVERYONE,
  getEpoch: EVERYONE,
  raiseEpoch: ['admin'],
  listReferences: EVERYONE,
  openCollection: ['admin'],
  closeCollection: ['admin'],
  listCollections: EVERYONE,
  recordErasure: ['admin'],
  listErasures: EVERYONE,
  listLedger: EVERYONE,
  getDeployment: EVERYONE,
  reportReplica: SERVES,
  removeReplica: SERVES,
  listReplicas: EVERYONE,
  classify: PEOPLE,
  // What a request id says, replicas alone can verify.
  recordFeedback: SERVES,
  listLiveAccuracy: EVERYONE,
  streamEvents: EVERYONE,
  mlflowGetModel: EVERYONE,
  mlflowSearchModels: EVERYONE,
  mlflowGetLatestVersions: EVERYONE,
  mlflowPostLatestVersions: EVERYONE,
  mlflowGetVersion: EVERYONE,
  mlflowGetVersionByAlias: EVERYONE,
  mlflowSearchVersions: EVERYONE,
  mlflowGetDownloadUri: EVERYONE,
  mlflowCreateModel: CATALOGUES,
  mlflowUpdateModel: CATALOGUES,
  mlflowSetModelTag: CATALOGUES,
  mlflowDeleteModelTag: CATALOGUES,
  mlflowCreateVersion: CATALOGUES,
  mlflowUpdateVersion: CATALOGUES,
  mlflowTransitionStage: CATALOGUES,
  mlflowSetVersionTag: CATALOGUES,
  mlflowDeleteVersionTag: CATALOGUES,
  // Setting `champion` asks for what requestPromotion does.
  mlflowSetAlias: CATALOGUES,
  mlflowDeleteAlias: CATALOGUES,
  mlflowRenameModel: ['admin'],
  mlflowDeleteModel: ['admin'],
  mlflowDeleteVersion: ['admin'],
} as const satisfies Record<string, readonly Role[]>;
export type Operation = keyof typeof ACCESS;

/** For people, who know no names of the API: "request promotion". */
export const tellOperation = (operation: string): string =>
  operation.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

export const isOperation = (name: string): name is Operation => Object.hasOwn(ACCESS, name);
export const mayCall = (role: Role, operation: Operation): boolean =>
  (ACCESS[operation] as readonly Role[]).includes(role);
