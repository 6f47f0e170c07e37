/** The registry in another's process: for whole-system tests. */
export { startRegistry } from './start-registry.js';
export type { RegistryOptions, RunningRegistry, TokenSeed } from './start-registry.js';
