/** What must hold of every network, for those that are too large for every run. */
import { describeNetwork, isSmall } from '../testing/network-properties.js';
import { ARCHITECTURES } from './find-architecture.js';

ARCHITECTURES.filter((architecture) => !isSmall(architecture)).forEach(describeNetwork);
