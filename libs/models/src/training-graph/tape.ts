/**
 * Reverse-mode differentiation while a graph is written: every operation that is added says how a gradient passes it, and
 * `gradients` walks back over them. Gradients are TensorFlow's own kernels where it has one.
 * Maps are NHWC.
 */
import type { Attributes, DataType, GraphDef, StaticShape } from './graph-def.js';

/** What an operation of the tape gives. */
export interface Value {
  /** `node` or `node:output`. */
  readonly tensor: string;
  readonly dtype: DataType;
  /** With −1 for the batch. */
  readonly shape: StaticShape;
  /** Whether anything that learns is behind it. */
  readonly learns: boolean;
}

/** The gradients of an operation's inputs, given its output's; null for one that doesn't learn. */
type Backward = (gradient: Value) => readonly (Value | null)[];

interface Entry {
  readonly inputs: readonly Value[];
  readonly output: Value;
  readonly backward: Backward;
}

/** Where gradients start. */
export interface Seed {
  readonly output: Value;
  /** The loss's gradient with respect to the output. */
  readonly gradient: Value;
}

export interface Tape {
  readonly graph: GraphDef;
  /** Records an operation with one output that matters. `backward` may be left out where no input learns. */
  record(inputs: readonly Value[], output: Omit<Value, 'learns'>, backward: Backward): Value;
  /**
   * d(sum of what the seeds weigh) / d(each of `of`): a seed is the gradient of its output itself.
   * @throws RangeError when no output depends on one of them.
   */
  gradients(seeds: readonly Seed[], of: readonly Value[]): readonly Value[];
}

/** An operation without a gradient, whose one output has the shape and type given. */
export const plain = (
  graph: GraphDef,
  op: string,
  inputs: readonly string[],
  result: { dtype: DataType; shape: StaticShape },
  attributes: Attributes = {},
): Value => ({
  tensor: graph.node(op, inputs, attributes),
  dtype: result.dtype,
  shape: result.shape,
  learns: false,
});

export const createTape = (graph: GraphDef): Tape => {
  const entries: Entry[] = [];
  const sumOf = (gradients: readonly Value[]): Value | undefined => {
    const [first, ...others] = gradients;
    if (first === undefined || others.length === 0) return first;
    const { dtype, shape } = first;
    const inputs = gradients.map(({ tensor }) => tensor);
    return plain(graph, 'AddN', inputs, { dtype, shape }, { T: { type: dtype }, N: { int: inputs.length } });
  };
  return {
    graph,
    record: (inputs, result, backward) => {
      const output = { ...result, learns: inputs.some(({ learns }) => learns) };
      if (output.learns) entries.push({ inputs, output, backward });
      return output;
    },
    gradients: (seeds, of) => {
      const found = new Map<string, Value[]>(seeds.map(({ output, gradient }) => [output.tensor, [gradient]]));
      for (const entry of entries.toReversed()) {
        const gradient = sumOf(found.get(entry.output.tensor) ?? []);
        if (gradient === undefined) continue;
        found.set(entry.output.tensor, [gradient]);
        entry.backward(gradient).forEach((each, at) => {
          const input = entry.inputs[at];
          if (each === null || input === undefined || !input.learns) return;
          found.set(input.tensor, [...(found.get(input.tensor) ?? []), each]);
        });
      }
      return of.map((value) => {
        const gradient = sumOf(found.get(value.tensor) ?? []);
        if (gradient === undefined) throw new RangeError(`nothing depends on "${value.tensor}"`);
        return gradient;
      });
    },
  };
};
