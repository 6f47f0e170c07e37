/**
 * A step in parts, for a batch that memory doesn't hold: each part adds its share of the gradients (and of the batch norms'
 * statistics) to sums, and one more call makes the step out of them.
 */
import type { BatchStatistics } from './forward.js';
import type { GraphDef, Signature } from './graph-def.js';
import { plain, type Value } from './tape.js';
import type { Updates } from './updates.js';
import { createVariables, type Variable } from './variables.js';

const FLOAT = { T: { type: 'float' } } as const;

/** A value that parts sum up, and where. */
interface Summed {
  readonly sum: Variable;
  readonly part: Value;
}

/**
 * Signatures `clear` (before the first part), `accumulate` and `apply`. The sums aren't part of a training's state: between
 * two steps they mean nothing.
 *
 * A batch norm's statistics are the mean of its parts': a part of few images tells less of the variance than the whole
 * batch does.
 */
export const createAccumulation = (options: {
  graph: GraphDef;
  updates: Updates;
  /** Of the loss over the part, divided by the weight of the whole batch. */
  gradients: readonly Value[];
  statistics: readonly BatchStatistics[];
  /** The part's share of the batch. */
  share: Value;
  partInputs: Signature['inputs'];
  partOutputs: Readonly<Record<'loss' | 'logits', Value>>;
  stepInputs: Signature['inputs'];
}): Readonly<Record<'clear' | 'accumulate' | 'apply', Signature>> => {
  const { graph, updates, gradients, statistics, share } = options;
  const sums = createVariables(graph);
  const summed = (part: Value): Summed => ({ sum: sums.create(`sum/${sums.all.length}`, part.shape), part });
  const scaled = (value: Value): Value => plain(graph, 'Mul', [value.tensor, share.tensor], value, FLOAT);
  const summedGradients = gradients.map(summed);
  const summedStatistics = statistics.map(({ layer, mean, variance }) => ({
    layer,
    mean: summed(scaled(mean)),
    variance: summed(scaled(variance)),
  }));
  const all = [...summedGradients, ...summedStatistics.flatMap(({ mean, variance }) => [mean, variance])];
  const added = all.map(({ sum, part }) =>
    graph.node('AssignAddVariableOp', [sum.handle, part.tensor], { dtype: { type: 'float' } }),
  );
  const zeros = ({ shape }: Variable): string =>
    graph.node('Fill', [graph.constant('int32', shape, [shape.length]), graph.constant('float', [0])], {
      ...FLOAT,
      index_type: { type: 'int32' },
    });
  const cleared = all.map(({ sum }) => sums.assign(sum, zeros(sum)));
  const { norm, done } = updates.apply(
    summedGradients.map(({ sum }) => sums.read(sum)),
    summedStatistics.map(({ layer, mean, variance }) => ({
      layer,
      mean: sums.read(mean.sum),
      variance: sums.read(variance.sum),
    })),
  );
  const finished = (value: string, after: readonly string[]): string =>
    graph.node('Identity', [value, ...after.map((name) => `^${name}`)], FLOAT);
  const scalar = (tensor: string) => ({ tensor, dtype: 'float', shape: [] }) as const;
  const ask = graph.node('Placeholder', [], { dtype: { type: 'float' }, shape: { shape: [] } });
  const { loss, logits } = options.partOutputs;
  return {
    clear: { inputs: { ask: scalar(ask) }, outputs: { done: scalar(finished(graph.constant('float', [1]), cleared)) } },
    accumulate: {
      inputs: options.partInputs,
      outputs: { loss: scalar(finished(loss.tensor, added)), logits },
    },
    apply: { inputs: options.stepInputs, outputs: { gradientNorm: scalar(finished(norm.tensor, done)) } },
  };
};
