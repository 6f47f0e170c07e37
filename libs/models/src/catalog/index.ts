/**
 * What there is to choose from, without anything that runs it: `@graft/models/catalog` loads no native addon, so that
 * whoever only checks a name need not have one.
 */
export { isBackbone } from './backbone.js';
export type { Backbone, NetworkDescription } from './backbone.js';
export { describeNetwork, findBackbone, listBackbones } from './catalog.js';
export { checkWeightsReference } from './check-weights-reference.js';
export { checkInputSize } from './check-input-size.js';
export { checkStages } from './check-stages.js';
export { weightsOf } from './weights-of.js';
export { idleSettings } from '../strategy/idle-settings.js';
