export type {
  DatasetRegistry,
  DeploymentRegistry,
  EventRegistry,
  ModelRegistry,
  PipelineRegistry,
  Registry,
  RunRegistry,
} from './registry.js';
