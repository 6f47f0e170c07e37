/** What every process of Graft needs: environment, logs, metrics, health, shutdown, and where it runs. */
export {
  anyProcessEnvironment,
  healthEnvironment,
  hostEnvironment,
  objectStoreEnvironment,
  portSchema,
  readEnvironment,
  registryEnvironment,
  temporalEnvironment,
} from './environment.js';
export type { Environment } from './environment.js';
export { inSteps } from './in-steps.js';
export { createLogger } from './logger.js';
export type { Logger, LoggerOptions } from './logger.js';
export { createMetrics } from './metrics.js';
export type { Metrics } from './metrics.js';
export { Counter, Gauge, Histogram } from 'prom-client';
export { startHealthServer } from './health-server.js';
export type { HealthServer, HealthServerOptions } from './health-server.js';
export { onShutdown } from './shutdown.js';
export type { Shutdown, ShutdownOptions } from './shutdown.js';
export { CPU_CLASSES, detectCpuClass } from './cpu-class.js';
export type { CpuClass } from './cpu-class.js';
export { graftPaths } from './paths.js';
export type { GraftPaths } from './paths.js';
export { versionInfo } from './version-info.js';
export type { VersionInfo } from './version-info.js';
