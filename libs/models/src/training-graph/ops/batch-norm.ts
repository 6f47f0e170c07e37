/** Batch normalization, with its gradient. */
import { NHWC, typed } from './common.js';
import type { Attributes } from '../graph-def.js';
import type { Tape, Value } from '../tape.js';

export interface BatchNormResult {
  readonly output: Value;
  /** Of the batch, float32 [channels]; the variance is the unbiased one. Only in training. */
  readonly batchMean: Value;
  readonly batchVariance: Value;
}

/**
 * Batch normalization, by the batch's own statistics (`training`) or by those given. Parameters are float32, whatever the
 * map is.
 */
export const batchNorm = (
  tape: Tape,
  x: Value,
  parameters: { scale: Value; shift: Value; mean: Value; variance: Value },
  options: { epsilon: number; training: boolean },
): BatchNormResult => {
  const { graph } = tape;
  const { scale, shift, mean, variance } = parameters;
  const attributes: Attributes = {
    ...typed(x.dtype),
    U: { type: 'float' },
    ...NHWC,
    epsilon: { float: options.epsilon },
    is_training: { bool: options.training },
  };
  const none = graph.constant('float', [], [0]);
  const statistics = options.training ? [none, none] : [mean.tensor, variance.tensor];
  const node = graph.node('FusedBatchNormV3', [x.tensor, scale.tensor, shift.tensor, ...statistics], {
    ...attributes,
    exponential_avg_factor: { float: 1 },
  });
  // With statistics that were given, the gradient takes those; with the batch's, what the forward pass kept of it.
  const kept = options.training ? [`${node}:3`, `${node}:4`] : statistics;
  const reserved = [...kept, `${node}:5`];
  const vector = { dtype: 'float', shape: scale.shape, learns: false } as const;
  const output = tape.record([x, scale, shift], { tensor: node, dtype: x.dtype, shape: x.shape }, (dy) => {
    const back = graph.node('FusedBatchNormGradV3', [dy.tensor, x.tensor, scale.tensor, ...reserved], attributes);
    return [
      { ...x, tensor: back, learns: false },
      { ...vector, tensor: `${back}:1` },
      { ...vector, tensor: `${back}:2` },
    ];
  });
  return {
    output,
    batchMean: { ...vector, tensor: `${node}:1` },
    batchVariance: { ...vector, tensor: `${node}:2` },
  };
};
