/** The members of the VGG family. */
import type { Architecture } from '../architecture.js';
import { vgg, VGG_CUT, vggFreezePoints, type VggShape } from './graph.js';
import { VGG_NAMINGS } from './namings.js';

const member = (name: string, shape: VggShape): Architecture => ({
  name,
  family: 'vgg',
  paper: 'https://arxiv.org/abs/1409.1556',
  inputSize: 224,
  cut: VGG_CUT,
  classifier: 'classifier.6',
  freezePoints: vggFreezePoints(shape),
  graph: (options) => vgg(options, shape),
  namings: VGG_NAMINGS,
});

const members = (name: string, repeats: readonly number[]) => [
  member(name, { repeats, norm: 'none' }),
  member(`${name}_bn`, { repeats, norm: 'batchNorm' }),
];

/** Table 1 of the paper: A, B, D and E. */
export const VGG: readonly Architecture[] = [
  ...members('vgg11', [1, 1, 2, 2, 2]),
  ...members('vgg13', [2, 2, 2, 2, 2]),
  ...members('vgg16', [2, 2, 3, 3, 3]),
  ...members('vgg19', [2, 2, 4, 4, 4]),
];
