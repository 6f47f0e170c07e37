/** State that lives between runs of a graph: resource variables, with ways to set and read all of them. */
import type { DataType, GraphDef, Signature, StaticShape } from './graph-def.js';
import type { Value } from './tape.js';

export interface Variable {
  readonly name: string;
  readonly shape: StaticShape;
  /** The resource, for operations that change it. */
  readonly handle: string;
}

export interface Variables {
  /** A new float32 variable. */
  create(name: string, shape: StaticShape): Variable;
  /**
   * Its value. `after`: operations that must have run before it is read.
   * @param learns whether gradients are taken of it.
   */
  read(variable: Variable, options?: { learns?: boolean; after?: readonly string[] }): Value;
  /** Sets it once `after` has run; gives the operation's name. */
  assign(variable: Variable, value: string, after?: readonly string[]): string;
  readonly all: readonly Variable[];
  /** `assign`: every variable by its name → `done`; `read`: `ask` → every variable by its name. */
  signatures(): { readonly assign: Signature; readonly read: Signature };
}

const FLOAT: DataType = 'float';

export const createVariables = (graph: GraphDef): Variables => {
  const all: Variable[] = [];
  const assign: Variables['assign'] = (variable, value, after = []) =>
    graph.node('AssignVariableOp', [variable.handle, value, ...after.map((name) => `^${name}`)], {
      dtype: { type: FLOAT },
    });
  const read: Variables['read'] = (variable, { learns = false, after = [] } = {}) => ({
    tensor: graph.node('ReadVariableOp', [variable.handle, ...after.map((name) => `^${name}`)], {
      dtype: { type: FLOAT },
    }),
    dtype: FLOAT,
    shape: variable.shape,
    learns,
  });
  const placeholder = (shape: StaticShape): string =>
    graph.node('Placeholder', [], { dtype: { type: FLOAT }, shape: { shape } });
  return {
    all,
    assign,
    read,
    create: (name, shape) => {
      const handle = graph.node('VarHandleOp', [], {
        dtype: { type: FLOAT },
        shape: { shape },
        shared_name: { text: name },
        container: { text: '' },
      });
      const variable = { name, shape, handle };
      all.push(variable);
      return variable;
    },
    signatures: () => {
      const given = all.map((variable) => ({ variable, value: placeholder(variable.shape) }));
      // A fed tensor may be JavaScript's own memory. A variable that kept it would let go of it on a thread of TensorFlow's,
      // where tfjs-node then calls into Node and breaks the heap: a variable gets a copy.
      const copied = (value: string): string => graph.node('DeepCopy', [value], { T: { type: FLOAT } });
      const done = graph.node(
        'Identity',
        [graph.constant('float', [1]), ...given.map(({ variable, value }) => `^${assign(variable, copied(value))}`)],
        { T: { type: FLOAT } },
      );
      const scalar = (tensor: string) => ({ tensor, dtype: FLOAT, shape: [] });
      const port = (tensor: string, { shape }: Variable) => ({ tensor, dtype: FLOAT, shape });
      return {
        assign: {
          inputs: Object.fromEntries(given.map(({ variable, value }) => [variable.name, port(value, variable)])),
          outputs: { done: scalar(done) },
        },
        read: {
          inputs: { ask: scalar(placeholder([])) },
          outputs: Object.fromEntries(all.map((variable) => [variable.name, port(read(variable).tensor, variable)])),
        },
      };
    },
  };
};
