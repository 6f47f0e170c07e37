/** Pruning every architecture, for those that are too large for every run. */
import { ARCHITECTURES } from '../architectures/find-architecture.js';
import { isSmall } from '../testing/network-properties.js';
import { describePruning } from './pruning-properties.js';

ARCHITECTURES.filter((architecture) => !isSmall(architecture)).forEach(describePruning);
