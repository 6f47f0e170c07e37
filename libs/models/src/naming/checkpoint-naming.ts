/** How a library names an architecture's parameters in its state dicts. */
import type { Shape } from '../graph/infer-shapes.js';

/** Where a naming keeps one parameter. */
export interface TensorPlace {
  readonly key: string;
  /** Its shape there: the same elements in the same order as in the graph, perhaps with other axes. */
  readonly shape: Shape;
}

export interface CheckpointNaming {
  /** Whose names they are: `torchvision`, `timm`, or a package's own. */
  readonly name: string;
  /** What the library calls the network that takes these weights, where it isn't the architecture's name. */
  readonly architecture?: string;
  /** Where a layer's parameter, whose shape in the graph is `shape`, is kept. */
  place(layer: string, parameter: string, shape: Shape): TensorPlace;
  /** Tensors that may be there though no layer asks for them: buffers that inference doesn't need. */
  mayIgnore(key: string): boolean;
  /** Of the library's batch norms, where it isn't the graph's. */
  readonly epsilon?: number;
  /** The counter beside a batch norm's statistics, where the library keeps one (int64, no axes). */
  counterOf?(batchNorm: string): string;
}

/** Batch norm's parameters have other names in PyTorch; a convolution's and a dense layer's have the same. */
const PYTORCH_PARAMETERS: Readonly<Record<string, string>> = {
  scale: 'weight',
  shift: 'bias',
  mean: 'running_mean',
  variance: 'running_var',
};

const COUNTER = 'num_batches_tracked';

/**
 * A naming of PyTorch modules: `<module>.<parameter>`.
 * `moduleOf` gives a layer's module path; default: the layer's own name.
 * `shapeThere` gives the shape that the library keeps where it isn't the graph's (a dense layer written as a 1×1 convolution).
 * `epsilon` is that of the library's batch norms, where it isn't the graph's.
 */
export const pytorchNaming = (options: {
  name: string;
  architecture?: string;
  moduleOf?: (layer: string) => string;
  shapeThere?: (layer: string, parameter: string, shape: Shape) => Shape;
  epsilon?: number;
}): CheckpointNaming => {
  const { name, moduleOf = (layer) => layer, shapeThere = (_layer, _parameter, shape) => shape } = options;
  const { architecture, epsilon } = options;
  return {
    name,
    ...(architecture === undefined ? {} : { architecture }),
    ...(epsilon === undefined ? {} : { epsilon }),
    place: (layer, parameter, shape) => ({
      key: `${moduleOf(layer)}.${PYTORCH_PARAMETERS[parameter] ?? parameter}`,
      shape: shapeThere(layer, parameter, shape),
    }),
    // How many batches training saw: PyTorch keeps it for a cumulative average that inference doesn't need.
    mayIgnore: (key) => key.endsWith(`.${COUNTER}`),
    counterOf: (batchNorm) => `${moduleOf(batchNorm)}.${COUNTER}`,
  };
};
