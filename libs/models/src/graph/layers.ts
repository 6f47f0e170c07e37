/**
 * A network as data. One list of layers per model is the only description of it: shapes, parameter and MAC counts, the
 * checkpoint's expected contents, the freeze points, the ONNX form and the tfjs form are all computed from this list.
 *
 * Layout is that of the papers' PyTorch ports: activations [n, channels, height, width], convolution weights
 * [out, in / groups, kernel, kernel], dense weights [out, in].
 */

/** The name that layers use for the network's input. */
export const GRAPH_INPUT = 'input';

interface LayerBase {
  /** Unique in its graph; also the name of the layer's output. */
  readonly name: string;
  /** Names of the layers (or GRAPH_INPUT) whose outputs it takes, in order. */
  readonly inputs: readonly string[];
}

/**
 * A number: so many rows and columns of padding on each of the four sides, as PyTorch pads; output =
 * floor((input + 2 · padding − kernel) / stride) + 1.
 * `same`: as TensorFlow pads; output = ceil(input / stride), and where the padding is odd the extra row and column come
 * last (bottom, right).
 */
export type PaddingRule = number | 'same';

/** A square window that slides over a map. */
export interface Sliding {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: PaddingRule;
}

/** Square convolution over zero padding. */
export interface ConvLayer extends LayerBase, Sliding {
  readonly kind: 'conv';
  readonly filters: number;
  /** 1, or the number of input channels for a depthwise convolution. */
  readonly groups: number;
  readonly bias: boolean;
}

/** y = (x − mean) / √(variance + epsilon) · scale + shift, per channel, with the statistics of training. */
export interface BatchNormLayer extends LayerBase {
  readonly kind: 'batchNorm';
  readonly epsilon: number;
}

/**
 * relu6: min(max(x, 0), 6) · silu (swish): x · sigmoid(x) · hardSigmoid: relu6(x + 3) / 6 · hardSwish: x · hardSigmoid(x).
 */
export const ACTIVATIONS = ['relu', 'relu6', 'silu', 'sigmoid', 'hardSwish', 'hardSigmoid'] as const;
export type Activation = (typeof ACTIVATIONS)[number];

/** A function of each number on its own. */
export interface ActivationLayer extends LayerBase {
  readonly kind: 'activation';
  readonly activation: Activation;
}

/** Sum of two equal shapes. */
export interface AddLayer extends LayerBase {
  readonly kind: 'add';
}

/** A map [n, c, h, w] times a gate [n, c, 1, 1]: squeeze-and-excitation's last step. */
export interface GateLayer extends LayerBase {
  readonly kind: 'gate';
}

/** The largest value of each window; padding counts as −∞. */
export interface MaxPoolLayer extends LayerBase, Sliding {
  readonly kind: 'maxPool';
}

/** The mean over h and w: [n, c, h, w] → [n, c], or [n, c, 1, 1] where `keepAxes` says so. */
export interface GlobalAveragePoolLayer extends LayerBase {
  readonly kind: 'globalAveragePool';
  readonly keepAxes: boolean;
}

/**
 * [n, c, h, w] → [n, c, size, size]: output row i is the mean of the rows ⌊i · h / size⌋ to ⌈(i + 1) · h / size⌉ − 1,
 * columns alike (PyTorch's AdaptiveAvgPool2d). With h = w = size it changes nothing.
 */
export interface AdaptiveAveragePoolLayer extends LayerBase {
  readonly kind: 'adaptiveAveragePool';
  readonly size: number;
}

/** [n, c, h, w] → [n, c · h · w], channels outermost. */
export interface FlattenLayer extends LayerBase {
  readonly kind: 'flatten';
}

/** [n, in] → [n, units], with a bias. */
export interface DenseLayer extends LayerBase {
  readonly kind: 'dense';
  readonly units: number;
}

export type Layer =
  | ConvLayer
  | BatchNormLayer
  | ActivationLayer
  | AddLayer
  | GateLayer
  | MaxPoolLayer
  | GlobalAveragePoolLayer
  | AdaptiveAveragePoolLayer
  | FlattenLayer
  | DenseLayer;

export interface Graph {
  /** Of the input, without the batch: [channels, height, width], or [length] for what comes after a pooled cut. */
  readonly inputShape: readonly number[];
  /** In an order in which every layer comes after its inputs. The last layer's output is the network's. */
  readonly layers: readonly Layer[];
}

/** The name under which a layer's parameter is kept: `<layer>.<parameter>`. */
export const parameterName = (layer: string, parameter: string): string => `${layer}.${parameter}`;

/**
 * The layer of that name.
 * @throws RangeError when the graph has none: a mistake in the architecture, not in anyone's input.
 */
export const layerNamed = (graph: Graph, name: string): Layer => {
  const layer = graph.layers.find((candidate) => candidate.name === name);
  if (layer === undefined) throw new RangeError(`the graph has no layer "${name}"`);
  return layer;
};
