/**
 * A network's whole training as one TensorFlow graph: forward pass, gradients, optimizer, statistics, evaluation. TensorFlow's
 * own session then fuses, plans memory and runs in parallel; state stays in variables between steps.
 */
import { inferShapes, shapeOf } from '../graph/infer-shapes.js';
import { GRAPH_INPUT, parameterName, type Graph } from '../graph/layers.js';
import { createAccumulation } from './accumulation.js';
import { applyLayer, mapPrecision, type BatchStatistics, type ForwardOptions } from './forward.js';
import { createGraphDef, type GraphDef, type Port, type Signature, type StaticShape } from './graph-def.js';
import { crossEntropy, featureDistance, type Distance } from './loss.js';
import { cast } from './ops/elementwise.js';
import type { OptimizerSettings } from './optimizer.js';
import { createParameters, learnedOf, valueNamed, type Parameter } from './parameters.js';
import { createTape, plain, type Tape, type Value } from './tape.js';
import { createUpdates } from './updates.js';
import { createVariables, type Variable, type Variables } from './variables.js';

export interface TrainingGraphOptions {
  /** A whole network, or what comes after a cut. Its last layer gives the logits. */
  readonly graph: Graph;
  readonly optimizer: OptimizerSettings;
  /**
   * What a step's convolutions compute in, and the maps between them where they gain from it. Parameters, their updates, and
   * evaluations are float32 in any case.
   */
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
  /** Whether a running average of the learned parameters is kept; default: none is. */
  readonly keepsAverage?: boolean;
  /** Whether a step can also be made in parts; default: not. */
  readonly accumulates?: boolean;
  /** A network whose features the trained one is to keep; default: none. */
  readonly teacher?: Teacher;
}

/** A network that doesn't learn, and sees what the one that does sees. */
export interface Teacher {
  /** Up to the features. */
  readonly graph: Graph;
  /** The layer of the trained network that is to give the same. */
  readonly layer: string;
  /** Of the distance between them, beside the cross-entropy (`featureDistance`). */
  readonly weight: number;
}

/**
 * Signatures: `train`, `evaluate`, `evaluateAverage` (where there is one), `assign`, `read`; `clear`, `accumulate`, `apply`
 * where a step can be made in parts; `assignTeacher` where there is one.
 */
export interface TrainingGraph {
  /** `saved_model.pb`. */
  readonly bytes: Uint8Array;
  /** Names of its signatures. */
  readonly signatures: readonly string[];
  /** Parameters that learn, by `parameterName`. */
  readonly learned: readonly string[];
  /** All state: parameters under their names, and under `<slot>/<name>` what optimizer and average keep. */
  readonly variables: readonly { readonly name: string; readonly shape: StaticShape }[];
  /** The teacher's parameters, under `teacher/<name>`: no part of the state, since they never change. */
  readonly teacherVariables: readonly { readonly name: string; readonly shape: StaticShape }[];
}

/** The prefix of a teacher's parameter. */
export const TEACHER = 'teacher/';

const BATCH = -1;
const DEFAULT_STATISTICS_MOMENTUM = 0.1;

const placeholder = (graph: GraphDef, shape: StaticShape): Value =>
  plain(graph, 'Placeholder', [], { dtype: 'float', shape }, { dtype: { type: 'float' }, shape: { shape } });

const portsOf = (values: Readonly<Record<string, Value>>): Readonly<Record<string, Port>> =>
  Object.fromEntries(
    Object.entries(values).map(([name, { tensor, dtype, shape }]) => [name, { tensor, dtype, shape }]),
  );

/** The input's shape in TensorFlow's layout: maps are NHWC. */
const inputShape = ({ inputShape: shape }: Graph): StaticShape => {
  const [channels = 0, height, width] = shape;
  return height === undefined || width === undefined ? [BATCH, channels] : [BATCH, height, width, channels];
};

/** All layers, from the input on: the last one's output in float32, and any layer's by its name. */
const forward = (
  graph: Graph,
  input: Value,
  options: ForwardOptions,
): { output: Value; valueOf: (layer: string) => Value } => {
  const values = new Map<string, Value>([[GRAPH_INPUT, cast(options.tape, input, options.maps)]]);
  const valueOf = (name: string): Value => {
    const value = values.get(name);
    if (value === undefined) throw new RangeError(`no layer before this one is named "${name}"`);
    return value;
  };
  for (const layer of graph.layers) values.set(layer.name, applyLayer(layer, layer.inputs.map(valueOf), options));
  return { output: cast(options.tape, valueOf(graph.layers.at(-1)?.name ?? GRAPH_INPUT), 'float'), valueOf };
};

/** Logits by the batch norms' own statistics, in float32: what is served is float32. Averages stand for what has one. */
const evaluation = (
  network: Graph,
  tape: Tape,
  variables: Variables,
  options: { parameters: readonly Parameter[]; averages: ReadonlyMap<string, Variable> },
): Signature => {
  const values = new Map(
    options.parameters.map(({ variable }) => [
      variable.name,
      variables.read(options.averages.get(variable.name) ?? variable),
    ]),
  );
  const input = placeholder(tape.graph, inputShape(network));
  const { output: logits } = forward(network, input, {
    tape,
    precision: 'float',
    maps: 'float',
    parameter: (layer, name) => valueNamed(values, parameterName(layer, name)),
    usesBatchStatistics: () => false,
    onBatchStatistics: () => undefined,
  });
  return { inputs: portsOf({ input }), outputs: portsOf({ logits }) };
};

/** The teacher beside the network: what it gives of the same batch, and how far the network is from it. */
const teach = (
  tape: Tape,
  options: {
    teacher: Teacher | undefined;
    precision: ForwardOptions['precision'];
    batch: { input: Value };
    valueOf: (layer: string) => Value;
    share: Value;
  },
): { variables: Variables; student: Value; distance: Distance } | null => {
  const { teacher, precision, batch, valueOf, share } = options;
  if (teacher === undefined) return null;
  const { graph: network, layer, weight } = teacher;
  const { graph } = tape;
  const variables = createVariables(graph);
  const parameters = createParameters(network, inferShapes(network), variables, TEACHER);
  const values = new Map(parameters.map(({ variable }) => [variable.name, variables.read(variable)]));
  const { output } = forward(network, batch.input, {
    tape,
    precision,
    maps: mapPrecision(network, precision),
    parameter: (name, parameter) => valueNamed(values, `${TEACHER}${parameterName(name, parameter)}`),
    usesBatchStatistics: () => false,
    onBatchStatistics: () => undefined,
  });
  const student = cast(tape, valueOf(layer), 'float');
  return { variables, student, distance: featureDistance(graph, { student, teacher: output, weight, share }) };
};

/**
 * Compiles the training of a network.
 *
 * `train`: `input` [n, h, w, c] (or [n, length] after a pooled cut), `labels` [n, classes], `weights` [n] and the scalars
 * `learningRate`, `beta1Power`, `beta2Power`, `epsilon` (the last three for AdamW), `averageDecay` (the weight of the past,
 * where an average is kept) → `loss`, `gradientNorm` (before clipping), `logits` (of before the step).
 * `clear` (`ask`), `accumulate` (what `train` takes of a batch, and `weightSum`: the sum of the whole batch's weights →
 * the part's share of `loss`, its `logits`), `apply` (the scalars → `gradientNorm`): the same step, in parts.
 * `evaluate`, `evaluateAverage`: `input` → `logits`, by the batch norms' own statistics.
 * `assign`: every variable → `done`. `read`: `ask` (any number) → every variable.
 * @throws RangeError when nothing learns.
 */
export const compileTraining = (options: TrainingGraphOptions): TrainingGraph => {
  const { graph: network, optimizer, precision } = options;
  const { learns = () => true, rateFactor = () => 1, keepsAverage = false, accumulates = false } = options;
  const { usesBatchStatistics = learns } = options;
  const graph = createGraphDef();
  const tape = createTape(graph);
  const variables = createVariables(graph);
  const shapes = inferShapes(network);
  const parameters = createParameters(network, shapes, variables);
  const learned = learnedOf(parameters, learns);
  if (learned.length === 0) throw new RangeError('no parameter of this graph learns');

  const [classes = 0] = shapeOf(shapes, network.layers.at(-1)?.name ?? GRAPH_INPUT);
  const batch = {
    input: placeholder(graph, inputShape(network)),
    labels: placeholder(graph, [BATCH, classes]),
    weights: placeholder(graph, [BATCH]),
  };
  const learningRate = placeholder(graph, []);
  const adam = {
    beta1Power: placeholder(graph, []),
    beta2Power: placeholder(graph, []),
    epsilon: placeholder(graph, []),
  };
  const averageDecay = keepsAverage ? placeholder(graph, []) : null;

  const values = new Map(
    parameters.map((parameter) => [
      parameter.variable.name,
      variables.read(parameter.variable, { learns: learned.includes(parameter) }),
    ]),
  );
  const statistics: BatchStatistics[] = [];
  const { output: logits, valueOf } = forward(network, batch.input, {
    tape,
    precision,
    maps: mapPrecision(network, precision),
    parameter: (layer, name) => valueNamed(values, parameterName(layer, name)),
    usesBatchStatistics,
    onBatchStatistics: (each) => statistics.push(each),
  });
  const { loss: ownLoss, seed, weightSum, share } = crossEntropy(graph, { logits, ...batch });
  const taught = teach(tape, { teacher: options.teacher, precision, batch, valueOf, share });
  const loss =
    taught === null
      ? ownLoss
      : plain(graph, 'AddV2', [ownLoss.tensor, taught.distance.loss.tensor], ownLoss, { T: { type: 'float' } });
  const gradients = tape.gradients(
    [
      { output: logits, gradient: seed },
      ...(taught === null ? [] : [{ output: taught.student, gradient: taught.distance.seed }]),
    ],
    learned.map(({ variable }) => valueNamed(values, variable.name)),
  );
  const updates = createUpdates({
    graph,
    variables,
    optimizer,
    learned,
    values,
    scalars: { learningRate, ...adam },
    rateFactor,
    clipNorm: options.clipNorm ?? null,
    statisticsMomentum: options.statisticsMomentum ?? DEFAULT_STATISTICS_MOMENTUM,
    averageDecay,
  });
  const { norm, done } = updates.apply(gradients, statistics);
  const ended = plain(graph, 'Identity', [loss.tensor, ...done.map((name) => `^${name}`)], loss, {
    T: { type: 'float' },
  });

  const stepInputs = portsOf({
    learningRate,
    ...(optimizer.kind === 'adamw' ? adam : {}),
    ...(averageDecay === null ? {} : { averageDecay }),
  });
  const evaluationWith = (averages: ReadonlyMap<string, Variable>): Signature =>
    evaluation(network, tape, variables, { parameters, averages });
  const signatures: Record<string, Signature> = {
    train: {
      inputs: { ...portsOf(batch), ...stepInputs },
      outputs: portsOf({ loss: ended, gradientNorm: norm, logits }),
    },
    ...(accumulates
      ? createAccumulation({
          graph,
          updates,
          gradients,
          statistics,
          share,
          partInputs: portsOf({ ...batch, weightSum }),
          partOutputs: { loss, logits },
          stepInputs,
        })
      : {}),
    evaluate: evaluationWith(new Map()),
    ...(keepsAverage ? { evaluateAverage: evaluationWith(updates.averages) } : {}),
    ...variables.signatures(),
    ...(taught === null ? {} : { assignTeacher: taught.variables.signatures().assign }),
  };
  return {
    bytes: graph.encode(signatures),
    signatures: Object.keys(signatures),
    learned: learned.map(({ variable }) => variable.name),
    variables: variables.all.map(({ name, shape }) => ({ name, shape })),
    teacherVariables: (taught?.variables.all ?? []).map(({ name, shape }) => ({ name, shape })),
  };
};
