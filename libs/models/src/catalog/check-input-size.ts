import { findArchitecture } from '../architectures/find-architecture.js';
import { graphOf } from '../architectures/graph-of.js';
import type { NetworkDescription } from './backbone.js';

/**
 * Whether a network can take square images of that many pixels a side.
 * @throws AppError `invalid_request` when they are too small for it.
 */
export const checkInputSize = ({ architecture, classes }: NetworkDescription, inputSize: number): void => {
  graphOf(findArchitecture(architecture), { height: inputSize, width: inputSize }, classes);
};
