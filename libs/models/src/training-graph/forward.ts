/** A network's layers as operations of a tape: the forward pass of training and of evaluation. */
import { averagingWindows } from '../graph/averaging-windows.js';
import type { Activation, AdaptiveAveragePoolLayer, ConvLayer, Graph, Layer } from '../graph/layers.js';
import { batchNorm } from './ops/batch-norm.js';
import { add, affine, biasAdd, cast, gate, mul, relu, relu6, sigmoid } from './ops/elementwise.js';
import { matMul, multiplyByConstant } from './ops/products.js';
import { meanOfMap, reshape, transpose } from './ops/shapes.js';
import { conv2d, depthwiseConv2d, maxPool } from './ops/windows.js';
import type { DataType } from './graph-def.js';
import type { Tape, Value } from './tape.js';

type Precision = Extract<DataType, 'float' | 'bfloat16'>;

/** The statistics of one batch norm in one batch, float32 [channels]. */
export interface BatchStatistics {
  readonly layer: string;
  readonly mean: Value;
  readonly variance: Value;
}

export interface ForwardOptions {
  readonly tape: Tape;
  /** A layer's parameter, float32, in TensorFlow's layout. */
  readonly parameter: (layer: string, name: string) => Value;
  /** What convolutions compute in; parameters, statistics and the classifier stay float32. */
  readonly precision: Precision;
  /** What everything between convolutions computes in (`mapPrecision`). */
  readonly maps: Precision;
  /** Whether a batch norm uses the batch's statistics. */
  readonly usesBatchStatistics: (layer: string) => boolean;
  /** Told of each batch norm that does. */
  readonly onBatchStatistics: (statistics: BatchStatistics) => void;
}

/**
 * What a network's maps are best kept in between convolutions of that precision. oneDNN's convolutions, batch norms and ReLU
 * gain from bfloat16. Depthwise gradients and every other activation are slower in it than in float32 (EfficientNet-lite0, 224
 * px, batch 32, AVX512-BF16: depthwise gradients 2,430 ms against 755, ReLU6 both ways 437 against 105; batch norms alike), so
 * that where a network has them, only whole convolutions leave float32.
 */
export const mapPrecision = (graph: Graph, precision: Precision): Precision => {
  const isSlow = (layer: Layer): boolean =>
    (layer.kind === 'conv' && layer.groups !== 1) || (layer.kind === 'activation' && layer.activation !== 'relu');
  return graph.layers.some(isSlow) ? 'float' : precision;
};

const applyActivation = (tape: Tape, activation: Activation, x: Value): Value => {
  // relu6(x + 3) / 6.
  const hardSigmoid = (): Value => affine(tape, relu6(tape, affine(tape, x, 1, 3)), 1 / 6, 0);
  switch (activation) {
    case 'relu':
      return relu(tape, x);
    case 'relu6':
      return relu6(tape, x);
    case 'sigmoid':
      return sigmoid(tape, x);
    case 'silu':
      return mul(tape, x, sigmoid(tape, x));
    case 'hardSigmoid':
      return hardSigmoid();
    case 'hardSwish':
      return mul(tape, x, hardSigmoid());
  }
};

/** Rows, then columns, as products with constant matrices. */
const applyAdaptivePool = (tape: Tape, { size }: AdaptiveAveragePoolLayer, x: Value): Value => {
  const [, height = 0, width = 0] = x.shape;
  if (height === size && width === size) return x;
  const rows = averagingWindows(height, size);
  const columns = averagingWindows(width, size);
  const transposed = Array.from({ length: width }, (_, at) => columns.map((window) => window[at] ?? 0));
  const nchw = transpose(tape, x, [0, 3, 1, 2]);
  const short = multiplyByConstant(tape, nchw, { values: rows.flat(), rows: size, columns: height }, 'left');
  const narrow = multiplyByConstant(tape, short, { values: transposed.flat(), rows: width, columns: size }, 'right');
  return transpose(tape, narrow, [0, 2, 3, 1]);
};

/** A whole or depthwise convolution, in and out of the maps' type. */
const applyConv = (layer: ConvLayer, x: Value, options: ForwardOptions): Value => {
  const { tape, parameter, maps } = options;
  const isWhole = layer.groups === 1;
  // A squeezed map is too small to be worth the way there and back.
  const isSqueezed = x.shape[1] === 1 && x.shape[2] === 1;
  const type = isWhole && !isSqueezed ? options.precision : maps;
  const filter = cast(tape, parameter(layer.name, 'weight'), type);
  const filtered = (isWhole ? conv2d : depthwiseConv2d)(tape, cast(tape, x, type), filter, layer);
  const output = cast(tape, filtered, maps);
  return layer.bias ? biasAdd(tape, output, cast(tape, parameter(layer.name, 'bias'), maps)) : output;
};

/** One layer's output. Maps are NHWC in `maps`; a dense layer computes in float32. */
export const applyLayer = (layer: Layer, inputs: readonly Value[], options: ForwardOptions): Value => {
  const { tape, parameter } = options;
  const [x, other] = inputs;
  if (x === undefined) throw new RangeError(`layer "${layer.name}" has no input`);
  const own = (name: string): Value => parameter(layer.name, name);
  switch (layer.kind) {
    case 'conv':
      return applyConv(layer, x, options);
    case 'batchNorm': {
      const training = options.usesBatchStatistics(layer.name);
      const parameters = { scale: own('scale'), shift: own('shift'), mean: own('mean'), variance: own('variance') };
      const { output, batchMean, batchVariance } = batchNorm(tape, x, parameters, { epsilon: layer.epsilon, training });
      if (training) options.onBatchStatistics({ layer: layer.name, mean: batchMean, variance: batchVariance });
      return output;
    }
    case 'activation':
      return applyActivation(tape, layer.activation, x);
    case 'add':
      return add(tape, x, other ?? x);
    case 'gate':
      return gate(tape, x, other ?? x);
    case 'maxPool':
      return maxPool(tape, x, layer.kernel, layer);
    case 'globalAveragePool':
      return meanOfMap(tape, x, layer.keepAxes);
    case 'adaptiveAveragePool':
      return applyAdaptivePool(tape, layer, x);
    case 'flatten': {
      // Channels outermost, as the papers' PyTorch ports flatten.
      const [n = -1, h = 0, w = 0, c = 0] = x.shape;
      return reshape(tape, transpose(tape, x, [0, 3, 1, 2]), [n, h * w * c]);
    }
    case 'dense':
      return biasAdd(tape, matMul(tape, cast(tape, x, 'float'), own('weight')), own('bias'));
  }
};
