/** The registry over HTTP and nothing else: also for a browser. */
export { createRegistryClient } from './create-registry-client.js';
export type { RegistryClientOptions } from './transport.js';
export type { Page, PageRequest, Registry } from '../registry.js';
