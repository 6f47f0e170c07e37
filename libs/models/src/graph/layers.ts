/**
 * A network as data. One list of layers per model is the only description of it: shapes, parameter and MAC counts, the
 * checkpoint's expected contents, the ONNX form and the tfjs form are all computed from this list.
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
 * Square convolution with TensorFlow's "SAME" padding: output = ceil(input / stride), and where the padding is odd the
 * extra row and column come last (bottom, right).
 */
export interface ConvLayer extends LayerBase {
  readonly kind: 'conv';
  readonly filters: number;
  readonly kernel: number;
  readonly stride: number;
  /** 1, or the number of input channels for a depthwise convolution. */
  readonly groups: number;
  readonly bias: boolean;
}

/** y = (x − mean) / √(variance + epsilon) · scale + shift, per channel, with the statistics of training. */
export interface BatchNormLayer extends LayerBase {
  readonly kind: 'batchNorm';
  readonly epsilon: number;
}

/** min(max(x, 0), 6). */
export interface Relu6Layer extends LayerBase {
  readonly kind: 'relu6';
}

/** Sum of two equal shapes. */
export interface AddLayer extends LayerBase {
  readonly kind: 'add';
}

/** [n, c, h, w] → [n, c], the mean over h and w. */
export interface GlobalAveragePoolLayer extends LayerBase {
  readonly kind: 'globalAveragePool';
}

/** [n, in] → [n, units], with a bias. */
export interface DenseLayer extends LayerBase {
  readonly kind: 'dense';
  readonly units: number;
}

export type Layer = ConvLayer | BatchNormLayer | Relu6Layer | AddLayer | GlobalAveragePoolLayer | DenseLayer;

export interface Graph {
  /** Channels, height and width of the input. */
  readonly inputShape: readonly [number, number, number];
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

/** The graph up to and including one layer, which becomes its output. The layers it doesn't need are left out. */
export const graphUpTo = (graph: Graph, last: string): Graph => {
  const needed = new Set([layerNamed(graph, last).name]);
  const kept = graph.layers.toReversed().filter((layer) => {
    if (!needed.has(layer.name)) return false;
    layer.inputs.forEach((input) => needed.add(input));
    return true;
  });
  return { ...graph, layers: kept.reverse() };
};
