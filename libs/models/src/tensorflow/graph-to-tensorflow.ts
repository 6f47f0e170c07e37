/** A graph with its weights as tfjs operations: the training form. Batch norms stay as they are; maps are NHWC. */
import type * as tfjs from '@tensorflow/tfjs-node';
import { averagedWindows } from '../graph/averaging-windows.js';
import { isLearned } from '../graph/count.js';
import { inferShapes, parameterShapes, type Shape } from '../graph/infer-shapes.js';
import {
  GRAPH_INPUT,
  parameterName,
  type Activation,
  type ConvLayer,
  type Graph,
  type Layer,
  type Sliding,
} from '../graph/layers.js';
import { weightOf, type Weights } from '../graph/weights.js';
import type { TensorFlow } from './load-tensorflow.js';
import { tensorFlowShape, toTensorFlowLayout } from './parameter-layout.js';

export interface TensorFlowGraph {
  /** The learned parameters, by `parameterName`, when it was asked to be trainable; else none. */
  readonly variables: ReadonlyMap<string, tfjs.Variable>;
  /** [n, h, w, c] (or [n, length] after a pooled cut) → the outputs of the layers asked for, by name. Inside tf.tidy or not, the caller disposes of them. */
  apply(input: tfjs.Tensor, outputs: readonly string[]): ReadonlyMap<string, tfjs.Tensor>;
  dispose(): void;
}

const toTensor = (tf: TensorFlow, layer: Layer, values: Float32Array, shape: Shape): tfjs.Tensor =>
  tf.tensor(toTensorFlowLayout(layer, values, shape), [...tensorFlowShape(layer, shape)]);

/** Where a layer's operation finds its parameters. */
type Parameter = (name: string) => tfjs.Tensor;

/** Padding before the operation, so that both it and its gradient know only "same" and "valid". */
const padFor = (
  tf: TensorFlow,
  { kernel, stride, padding }: Sliding,
  x: tfjs.Tensor4D,
  value: number,
): { x: tfjs.Tensor4D; pad: 'same' | 'valid' } => {
  if (padding === 'same') return { x, pad: 'same' };
  if (padding === 0) return { x, pad: 'valid' };
  if (stride === 1 && kernel === 2 * padding + 1) return { x, pad: 'same' };
  const sides: [number, number] = [padding, padding];
  return { x: tf.pad(x, [[0, 0], sides, sides, [0, 0]], value), pad: 'valid' };
};

const applyConv = (tf: TensorFlow, layer: ConvLayer, input: tfjs.Tensor4D, parameter: Parameter): tfjs.Tensor => {
  const kernel = parameter('weight') as tfjs.Tensor4D;
  if (layer.groups !== 1 && kernel.shape[3] !== 1)
    throw new RangeError(`layer "${layer.name}" has ${layer.groups} groups: neither whole nor depthwise`);
  const { x, pad } = padFor(tf, layer, input, 0);
  const filtered =
    layer.groups === 1 ? tf.conv2d(x, kernel, layer.stride, pad) : tf.depthwiseConv2d(x, kernel, layer.stride, pad);
  return layer.bias ? filtered.add(parameter('bias')) : filtered;
};

const applyActivation = (tf: TensorFlow, activation: Activation, x: tfjs.Tensor): tfjs.Tensor => {
  const hardSigmoid = (): tfjs.Tensor => tf.relu6(x.add(3)).div(6);
  switch (activation) {
    case 'relu':
      return tf.relu(x);
    case 'relu6':
      return tf.relu6(x);
    case 'sigmoid':
      return tf.sigmoid(x);
    case 'silu':
      return x.mul(tf.sigmoid(x));
    case 'hardSigmoid':
      return hardSigmoid();
    case 'hardSwish':
      return x.mul(hardSigmoid());
  }
};

/** Means over windows that may overlap: a slice for each of the `size` rows, then for each of the columns. */
const applyAdaptivePool = (tf: TensorFlow, size: number, x: tfjs.Tensor4D): tfjs.Tensor => {
  const alongAxis = (map: tfjs.Tensor4D, axis: 1 | 2): tfjs.Tensor4D => {
    const length = map.shape[axis];
    const windows = averagedWindows(length, size).map(({ begin, end }) => {
      const slice =
        axis === 1 ? map.slice([0, begin], [-1, end - begin]) : map.slice([0, 0, begin], [-1, -1, end - begin]);
      return slice.mean(axis, true) as tfjs.Tensor4D;
    });
    return tf.concat(windows, axis);
  };
  return x.shape[1] === size && x.shape[2] === size ? x : alongAxis(alongAxis(x, 1), 2);
};

const applyLayer = (
  tf: TensorFlow,
  layer: Layer,
  inputs: readonly tfjs.Tensor[],
  parameter: Parameter,
): tfjs.Tensor => {
  const [x, other] = inputs;
  if (x === undefined) throw new RangeError(`layer "${layer.name}" has no input`);
  switch (layer.kind) {
    case 'conv':
      return applyConv(tf, layer, x as tfjs.Tensor4D, parameter);
    case 'batchNorm': {
      const of = (name: string): tfjs.Tensor1D => parameter(name) as tfjs.Tensor1D;
      return tf.batchNorm(x, of('mean'), of('variance'), of('shift'), of('scale'), layer.epsilon);
    }
    case 'activation':
      return applyActivation(tf, layer.activation, x);
    case 'add':
      return x.add(other ?? x);
    case 'gate':
      return x.mul(other ?? x);
    case 'maxPool': {
      const padded = padFor(tf, layer, x as tfjs.Tensor4D, -Infinity);
      return tf.maxPool(padded.x, layer.kernel, layer.stride, padded.pad);
    }
    case 'globalAveragePool':
      // In two steps: TensorFlow adds up a map of 112×112 one number after another, which loses digits of a whole channel.
      return x.mean(2, layer.keepAxes).mean(1, layer.keepAxes);
    case 'adaptiveAveragePool':
      return applyAdaptivePool(tf, layer.size, x as tfjs.Tensor4D);
    case 'flatten':
      // Channels outermost, as the papers' PyTorch ports flatten.
      return x.transpose([0, 3, 1, 2]).reshape([x.shape[0] ?? -1, -1]);
    case 'dense':
      return tf.matMul(x as tfjs.Tensor2D, parameter('weight') as tfjs.Tensor2D).add(parameter('bias'));
  }
};

/**
 * Uploads the weights. Dispose of the result, or they stay.
 * @param options.trainable whether learned parameters become variables; default false. Batch norms use their statistics
 * as they are either way.
 */
export const graphToTensorFlow = (options: {
  tf: TensorFlow;
  graph: Graph;
  weights: Weights;
  trainable?: boolean;
}): TensorFlowGraph => {
  const { tf, graph, weights, trainable = false } = options;
  const variables = new Map<string, tfjs.Variable>();
  const shapes = inferShapes(graph);
  const parameters = new Map<string, tfjs.Tensor>();
  for (const layer of graph.layers)
    for (const [name, shape] of parameterShapes(layer, shapes)) {
      const key = parameterName(layer.name, name);
      const tensor = toTensor(tf, layer, weightOf(weights, layer.name, name), shape);
      if (trainable && isLearned(name)) {
        // A variable copies what it is made from. (No name: tfjs keeps names for the whole process.)
        const variable = tf.variable(tensor);
        tensor.dispose();
        variables.set(key, variable);
        parameters.set(key, variable);
      } else parameters.set(key, tensor);
    }
  const parameterOf = (layer: Layer): Parameter => {
    return (name) => {
      const tensor = parameters.get(parameterName(layer.name, name));
      if (tensor === undefined) throw new RangeError(`layer "${layer.name}" has no ${name}`);
      return tensor;
    };
  };
  return {
    variables,
    apply: (input, outputs) => {
      // tidy frees every map that isn't asked for; it keeps what it returns.
      const kept = tf.tidy(() => {
        const values = new Map<string, tfjs.Tensor>([[GRAPH_INPUT, input]]);
        const valueOf = (name: string): tfjs.Tensor => {
          const value = values.get(name);
          if (value === undefined) throw new RangeError(`no layer before this one is named "${name}"`);
          return value;
        };
        for (const layer of graph.layers)
          values.set(layer.name, applyLayer(tf, layer, layer.inputs.map(valueOf), parameterOf(layer)));
        return Object.fromEntries(outputs.map((name) => [name, valueOf(name)]));
      });
      return new Map(Object.entries(kept));
    },
    dispose: () => {
      parameters.forEach((tensor) => tensor.dispose());
      parameters.clear();
      variables.clear();
    },
  };
};
