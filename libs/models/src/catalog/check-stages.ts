import { findArchitecture } from '../architectures/find-architecture.js';
import { graphOf } from '../architectures/graph-of.js';
import { cutBefore } from '../architectures/stages.js';
import type { NetworkDescription } from './backbone.js';

/**
 * Whether so many of a network's last stages can learn on cached activations.
 * @throws AppError `invalid_request` when it has fewer.
 */
export const checkStages = ({ architecture: name, inputSize, classes }: NetworkDescription, stages: number): void => {
  const architecture = findArchitecture(name);
  cutBefore(architecture, graphOf(architecture, { height: inputSize, width: inputSize }, classes), stages);
};
