import { findArchitecture } from '../architectures/find-architecture.js';
import { graphOf } from '../architectures/graph-of.js';
import type { Backbone } from './backbone.js';

/**
 * Whether a backbone can take square images of that many pixels a side.
 * @throws AppError `invalid_request` when they are too small for it.
 */
export const checkInputSize = ({ architecture, classes }: Backbone, inputSize: number): void => {
  graphOf(findArchitecture(architecture), { height: inputSize, width: inputSize }, classes);
};
