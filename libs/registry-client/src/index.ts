/** The registry port, its HTTP adapter, and what both sides of it read alike: pipeline files and the ledger's chain. */
export type {
  AccessRegistry,
  ArtifactRegistry,
  BulkClassificationRegistry,
  DatasetContentRegistry,
  DatasetRegistry,
  DeploymentRegistry,
  EventRegistry,
  ModelRegistry,
  Page,
  PageRequest,
  PipelineRegistry,
  Registry,
  RunRegistry,
  SelectionRegistry,
  StorageRegistry,
  UploadRegistry,
  WatchRegistry,
  WebhookRegistry,
} from './registry.js';
export { awaitGeneration, hasReached } from './convergence.js';
export type { AwaitedGeneration, Convergence } from './convergence.js';
export { parsePipelineFile } from './pipeline-file.js';
export type { PipelineFileError } from './pipeline-file.js';
export { ledgerBody, ledgerHash, verifyLedger } from './ledger-chain.js';
export { createRegistryClient } from './http/create-registry-client.js';
export type { RegistryClientOptions } from './http/transport.js';
