/** The members of the EfficientNet-lite family. */
import type { Architecture } from '../architecture.js';
import { efficientNetLite, liteFreezePoints, type LiteScale } from './graph.js';
import { liteNaming } from './namings.js';

const lite = ({ name, inputSize, ...scale }: LiteScale & { name: string; inputSize: number }): Architecture => ({
  name,
  family: 'efficientnet-lite',
  paper: 'https://arxiv.org/abs/1905.11946',
  inputSize,
  cut: 'pool',
  classifier: 'classifier',
  freezePoints: liteFreezePoints(scale),
  graph: (options) => efficientNetLite(options, scale),
  namings: [liteNaming],
});

/** Width, depth and input size: the reference's efficientnet_lite_params. */
export const EFFICIENTNET_LITE = [
  lite({ name: 'efficientnet_lite0', width: 1, depth: 1, inputSize: 224 }),
] as const satisfies readonly Architecture[];
