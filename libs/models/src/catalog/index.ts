/**
 * What there is to choose from, without anything that runs it: `@graft/models/catalog` loads no native addon, so that
 * whoever only checks a name need not have one.
 */
export type { Backbone } from './backbone.js';
export { findBackbone, listBackbones } from './catalog.js';
export { checkInputSize } from './check-input-size.js';
