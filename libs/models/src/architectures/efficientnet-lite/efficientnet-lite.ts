/** The members of the EfficientNet-lite family. */
import type { Architecture } from '../architecture.js';
import { efficientNetLite, liteFreezePoints, liteRepeats, type LiteScale } from './graph.js';
import { liteNamings } from './namings.js';

const lite = ({ name, inputSize, ...scale }: LiteScale & { name: string; inputSize: number }): Architecture => ({
  name,
  family: 'efficientnet-lite',
  paper: 'https://arxiv.org/abs/1905.11946',
  inputSize,
  cut: 'pool',
  classifier: 'classifier',
  freezePoints: liteFreezePoints(scale),
  graph: (options) => efficientNetLite(options, scale),
  namings: liteNamings(name, liteRepeats(scale.depth)),
});

/** Width, depth and input size: the reference's efficientnet_lite_params. */
export const EFFICIENTNET_LITE = [
  lite({ name: 'efficientnet_lite0', width: 1, depth: 1, inputSize: 224 }),
  lite({ name: 'efficientnet_lite1', width: 1, depth: 1.1, inputSize: 240 }),
  lite({ name: 'efficientnet_lite2', width: 1.1, depth: 1.2, inputSize: 260 }),
  lite({ name: 'efficientnet_lite3', width: 1.2, depth: 1.4, inputSize: 280 }),
  lite({ name: 'efficientnet_lite4', width: 1.4, depth: 1.8, inputSize: 300 }),
] as const satisfies readonly Architecture[];
