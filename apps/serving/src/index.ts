/** The inference server: Open Inference Protocol v2 and image classification, on the versions that the ledger deploys. */
export { startServing } from './start-serving.js';
export type { Serving, ServingOptions, ServingRegistry } from './start-serving.js';
