/** What must hold of every network, for the small ones; networks.soak.spec.ts has the others. */
import { describeNetwork, isSmall } from '../testing/network-properties.js';
import { ARCHITECTURES } from './find-architecture.js';

ARCHITECTURES.filter(isSmall).forEach(describeNetwork);
