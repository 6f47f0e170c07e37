/**
 * A network's whole training as one TensorFlow graph: forward pass, gradients, optimizer, statistics, evaluation. TensorFlow's
 * own session then fuses, plans memory and runs in parallel; state stays in variables between steps.
 */
import { isLearned } from '../graph/count.js';
import { inferShapes, parameterShapes, shapeOf, type Shapes } from '../graph/infer-shapes.js';
import { GRAPH_INPUT, parameterName, type Graph, type Layer } from '../graph/layers.js';
import { tensorFlowShape } from '../tensorflow/parameter-layout.js';
import { applyLayer, type BatchStatistics, type ForwardOptions } from './forward.js';
import { createGraphDef, type GraphDef, type Port, type Signature, type StaticShape } from './graph-def.js';
import { cast } from './ops/elementwise.js';
import { applyUpdate, clipByGlobalNorm, type OptimizerSettings } from './optimizer.js';
import { createTape, plain, type Value } from './tape.js';
import { createVariables, type Variable, type Variables } from './variables.js';

export interface TrainingGraphOptions {
  /** A whole network, or what comes after a cut. Its last layer gives the logits. */
  readonly graph: Graph;
  readonly optimizer: OptimizerSettings;
  /** What maps are computed in. Parameters and their updates are float32 in any case. */
  readonly precision: ForwardOptions['precision'];
  /** Whether a layer's learned parameters learn; default: all do. */
  readonly learns?: (layer: string) => boolean;
  /** Whether a batch norm normalizes by the batch (and moves its statistics towards it); default: all that learn. */
  readonly usesBatchStatistics?: (layer: string) => boolean;
  /** Weight of the batch when a batch norm's statistics move, 0–1; default .1, as PyTorch's. */
  readonly statisticsMomentum?: number;
  /** Share of the learning rate that a layer gets; default 1. */
  readonly rateFactor?: (layer: string) => number;
  /** The largest norm of all gradients together; default null: no limit. */
  readonly clipNorm?: number | null;
  /** Weight of the past in the average of the learned parameters, 0–1; default null: none is kept. */
  readonly averageDecay?: number | null;
}

/** Signatures: `train`, `evaluate`, `evaluateAverage` (where there is one), `assign`, `read`. */
export interface TrainingGraph {
  /** `saved_model.pb`. */
  readonly bytes: Uint8Array;
  /** Names of its signatures. */
  readonly signatures: readonly string[];
  /** Parameters that learn, by `parameterName`. */
  readonly learned: readonly string[];
  /** All state: parameters under their names, and under `<slot>/<name>` what optimizer and average keep. */
  readonly variables: readonly { readonly name: string; readonly shape: StaticShape }[];
}

const BATCH = -1;
const DEFAULT_STATISTICS_MOMENTUM = 0.1;
export const AVERAGE_SLOT = 'average';

/** Decay shrinks weights; batch norms and biases have no use for it (He et al., arXiv:1812.01187, section 3.1). */
const isDecayed = (parameter: string): boolean => parameter === 'weight';

interface Parameter {
  readonly layer: Layer;
  readonly name: string;
  readonly variable: Variable;
}

const createParameters = (graph: Graph, shapes: Shapes, variables: Variables): readonly Parameter[] =>
  graph.layers.flatMap((layer) =>
    parameterShapes(layer, shapes).map(([name, shape]) => ({
      layer,
      name,
      variable: variables.create(parameterName(layer.name, name), tensorFlowShape(layer, shape)),
    })),
  );

const placeholder = (graph: GraphDef, shape: StaticShape): Value =>
  plain(graph, 'Placeholder', [], { dtype: 'float', shape }, { dtype: { type: 'float' }, shape: { shape } });

const portOf = ({ tensor, dtype, shape }: Value): Port => ({ tensor, dtype, shape });

/** The input's shape in TensorFlow's layout: maps are NHWC. */
const inputShape = ({ inputShape: shape }: Graph): StaticShape => {
  const [channels = 0, height, width] = shape;
  return height === undefined || width === undefined ? [BATCH, channels] : [BATCH, height, width, channels];
};

/** All layers, from the input to the logits (float32). */
const forward = (graph: Graph, input: Value, options: ForwardOptions): Value => {
  const values = new Map<string, Value>([[GRAPH_INPUT, cast(options.tape, input, options.precision)]]);
  const valueOf = (name: string): Value => {
    const value = values.get(name);
    if (value === undefined) throw new RangeError(`no layer before this one is named "${name}"`);
    return value;
  };
  for (const layer of graph.layers) values.set(layer.name, applyLayer(layer, layer.inputs.map(valueOf), options));
  return cast(options.tape, valueOf(graph.layers.at(-1)?.name ?? GRAPH_INPUT), 'float');
};

/**
 * The mean cross-entropy of a batch, weighted by image, and its gradient with respect to the logits.
 * `labels` are shares of classes [n, classes] (smoothed or not), `weights` [n].
 */
const crossEntropy = (graph: GraphDef, logits: Value, labels: Value, weights: Value): { loss: Value; seed: Value } => {
  const T = { T: { type: 'float' } } as const;
  const scalar = { dtype: 'float', shape: [] } as const;
  const node = graph.node('SoftmaxCrossEntropyWithLogits', [logits.tensor, labels.tensor], T);
  const total = (x: string): Value =>
    plain(graph, 'Sum', [x, graph.constant('int32', [0], [1])], scalar, {
      ...T,
      Tidx: { type: 'int32' },
      keep_dims: { bool: false },
    });
  const weighted = plain(graph, 'Mul', [node, weights.tensor], weights, T);
  const sum = total(weights.tensor);
  const loss = plain(graph, 'RealDiv', [total(weighted.tensor).tensor, sum.tensor], scalar, T);
  const share = plain(graph, 'RealDiv', [weights.tensor, sum.tensor], weights, T);
  const column = plain(
    graph,
    'Reshape',
    [share.tensor, graph.constant('int32', [-1, 1], [2])],
    { dtype: 'float', shape: [BATCH, 1] },
    { ...T, Tshape: { type: 'int32' } },
  );
  const seed = plain(graph, 'Mul', [`${node}:1`, column.tensor], logits, T);
  return { loss, seed };
};

/** state = (1 − share) · state + share · value, when `after` has run; gives the operation's name. */
const moveTowards = (
  graph: GraphDef,
  variables: Variables,
  options: { variable: Variable; value: Value; share: number; after: readonly string[] },
): string => {
  const { variable, value, share, after } = options;
  const T = { T: { type: 'float' } } as const;
  const state = variables.read(variable, { after });
  const gap = plain(graph, 'Sub', [state.tensor, value.tensor], state, T);
  const step = plain(graph, 'Mul', [gap.tensor, graph.constant('float', [share])], state, T);
  return graph.node('AssignSubVariableOp', [variable.handle, step.tensor], { dtype: { type: 'float' } });
};

/**
 * Compiles the training of a network.
 *
 * `train`: `input` [n, h, w, c] (or [n, length] after a pooled cut), `labels` [n, classes], `weights` [n] and the scalars
 * `learningRate`, `beta1Power`, `beta2Power`, `epsilon` (the last three for AdamW) → `loss`, `gradientNorm` (before
 * clipping), `logits` (of before the step).
 * `evaluate`, `evaluateAverage`: `input` → `logits`, by the batch norms' own statistics.
 * `assign`: every variable → `done`. `read`: `ask` (any number) → every variable.
 * @throws RangeError when nothing learns.
 */
export const compileTraining = (options: TrainingGraphOptions): TrainingGraph => {
  const { graph: network, optimizer, precision, clipNorm = null, averageDecay = null } = options;
  const { learns = () => true, rateFactor = () => 1, statisticsMomentum = DEFAULT_STATISTICS_MOMENTUM } = options;
  const { usesBatchStatistics = learns } = options;
  const graph = createGraphDef();
  const tape = createTape(graph);
  const variables = createVariables(graph);
  const shapes = inferShapes(network);
  const parameters = createParameters(network, shapes, variables);
  const learned = parameters.filter(({ layer, name }) => isLearned(name) && learns(layer.name));
  if (learned.length === 0) throw new RangeError('no parameter of this graph learns');

  const input = placeholder(graph, inputShape(network));
  const [classes = 0] = shapeOf(shapes, network.layers.at(-1)?.name ?? GRAPH_INPUT);
  const labels = placeholder(graph, [BATCH, classes]);
  const weights = placeholder(graph, [BATCH]);
  const [learningRate, beta1Power, beta2Power, epsilon] = [
    placeholder(graph, []),
    placeholder(graph, []),
    placeholder(graph, []),
    placeholder(graph, []),
  ];

  const values = new Map(
    parameters.map((parameter) => [
      parameter.variable.name,
      variables.read(parameter.variable, { learns: learned.includes(parameter) }),
    ]),
  );
  const statistics: BatchStatistics[] = [];
  const logits = forward(network, input, {
    tape,
    precision,
    parameter: lookUp(values),
    usesBatchStatistics,
    onBatchStatistics: (each) => statistics.push(each),
  });
  const { loss, seed } = crossEntropy(graph, logits, labels, weights);
  const raw = tape.gradients(
    logits,
    seed,
    learned.map(({ variable }) => lookUpByName(values, variable.name)),
  );
  const { gradients, norm } = clipByGlobalNorm(graph, raw, clipNorm);
  const applied = learned.map(({ layer, name, variable }, at) => {
    const gradient = gradients[at];
    if (gradient === undefined) throw new RangeError(`"${variable.name}" has no gradient`);
    const last = applyUpdate({
      graph,
      variables,
      settings: optimizer,
      scalars: { learningRate, beta1Power, beta2Power, epsilon },
      update: {
        variable,
        value: lookUpByName(values, variable.name),
        gradient,
        rateFactor: rateFactor(layer.name),
        decays: isDecayed(name),
      },
    });
    return { variable, last };
  });
  const moved = statistics.flatMap(({ layer, mean, variance }) =>
    (
      [
        ['mean', mean],
        ['variance', variance],
      ] as const
    ).map(([name, value]) => {
      const variable = variables.all.find((each) => each.name === parameterName(layer, name));
      if (variable === undefined) throw new RangeError(`batch norm "${layer}" has no ${name}`);
      return moveTowards(graph, variables, { variable, value, share: statisticsMomentum, after: [] });
    }),
  );
  const averages = new Map<string, Variable>();
  const averaged =
    averageDecay === null
      ? []
      : applied.map(({ variable, last }) => {
          const average = variables.create(`${AVERAGE_SLOT}/${variable.name}`, variable.shape);
          averages.set(variable.name, average);
          const value = variables.read(variable, { after: [last] });
          return moveTowards(graph, variables, { variable: average, value, share: 1 - averageDecay, after: [] });
        });
  const after = [...applied.map(({ last }) => last), ...moved, ...averaged].map((name) => `^${name}`);
  const finished = (value: Value): Value =>
    plain(graph, 'Identity', [value.tensor, ...after], value, { T: { type: value.dtype } });

  const evaluation = (parameter: (name: string) => Value): Signature => {
    const images = placeholder(graph, inputShape(network));
    const answer = forward(network, images, {
      tape,
      precision,
      parameter: (layer, name) => parameter(parameterName(layer, name)),
      usesBatchStatistics: () => false,
      onBatchStatistics: () => undefined,
    });
    return { inputs: { input: portOf(images) }, outputs: { logits: portOf(answer) } };
  };
  const current = evaluationReader(parameters, variables, new Map());
  const scalars = optimizer.kind === 'adamw' ? { beta1Power, beta2Power, epsilon } : {};
  const signatures: Record<string, Signature> = {
    train: {
      inputs: Object.fromEntries(
        Object.entries({ input, labels, weights, learningRate, ...scalars }).map(([name, value]) => [
          name,
          portOf(value),
        ]),
      ),
      outputs: { loss: portOf(finished(loss)), gradientNorm: portOf(norm), logits: portOf(logits) },
    },
    evaluate: evaluation(current),
    ...(averageDecay === null
      ? {}
      : { evaluateAverage: evaluation(evaluationReader(parameters, variables, averages)) }),
    ...variables.signatures(),
  };
  return {
    bytes: graph.encode(signatures),
    signatures: Object.keys(signatures),
    learned: learned.map(({ variable }) => variable.name),
    variables: variables.all.map(({ name, shape }) => ({ name, shape })),
  };
};

const lookUpByName = (values: ReadonlyMap<string, Value>, name: string): Value => {
  const value = values.get(name);
  if (value === undefined) throw new RangeError(`there is no parameter "${name}"`);
  return value;
};

const lookUp =
  (values: ReadonlyMap<string, Value>): ForwardOptions['parameter'] =>
  (layer, name) =>
    lookUpByName(values, parameterName(layer, name));

/** Reads parameters for an evaluation, averages in the place of those that have one. */
const evaluationReader = (
  parameters: readonly Parameter[],
  variables: Variables,
  averages: ReadonlyMap<string, Variable>,
): ((name: string) => Value) => {
  const values = new Map(
    parameters.map(({ variable }) => [variable.name, variables.read(averages.get(variable.name) ?? variable)]),
  );
  return (name) => lookUpByName(values, name);
};
