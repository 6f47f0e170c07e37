/** The members of the EfficientNet-lite family. */
import type { Architecture } from '../architecture.js';
import { efficientNetLiteNames } from './checkpoint-names.js';
import { efficientNetLite, type LiteScale } from './graph.js';

const lite = (options: LiteScale & { name: string; inputSize: number }): Architecture => ({
  name: options.name,
  inputSize: options.inputSize,
  cut: 'pool',
  classifier: 'classifier',
  graph: ({ inputSize, classes }) =>
    efficientNetLite({ width: options.width, depth: options.depth, inputSize, classes }),
  checkpointNames: efficientNetLiteNames,
});

/** Width, depth and input size: the reference's efficientnet_lite_params. */
export const EFFICIENTNET_LITE = [
  lite({ name: 'efficientnet_lite0', width: 1, depth: 1, inputSize: 224 }),
] as const satisfies readonly Architecture[];
