/** A graph with its weights as an ONNX model: the one place where layers become operators. */
import { averagingWindows } from '../graph/averaging-windows.js';
import { foldBatchNorm } from '../graph/fold-batch-norm.js';
import { inferShapes, inputShapeOf, paddingOf, parameterShapes, shapeOf, type Shapes } from '../graph/infer-shapes.js';
import {
  GRAPH_INPUT,
  parameterName,
  type Activation,
  type ActivationLayer,
  type AdaptiveAveragePoolLayer,
  type GlobalAveragePoolLayer,
  type Graph,
  type Layer,
  type Sliding,
} from '../graph/layers.js';
import { weightOf, type Weights } from '../graph/weights.js';
import type { OnnxModel, OnnxNode, OnnxTensor } from './onnx-model.js';

/** The symbolic batch size. */
export const BATCH = 'n';
const RELU6_MIN = 'relu6.min';
const RELU6_MAX = 'relu6.max';

const scalar = (name: string, value: number): OnnxTensor => ({ name, shape: [], data: Float32Array.of(value) });

/** A pooled map keeps its two axes of 1 in ONNX: flattened at once, so that a feature is a vector. */
const pooledName = (layer: string): string => `${layer}.map`;

/** ONNX has no adaptive pooling: it is a product with one matrix for the rows and one for the columns. */
const adaptivePool = (layer: AdaptiveAveragePoolLayer, shapes: Shapes) => {
  const [, height = 0, width = 0] = inputShapeOf(layer, shapes);
  const [rows, columns] = [averagingWindows(height, layer.size), averagingWindows(width, layer.size)];
  const transposed = Array.from({ length: width }, (_, at) => columns.map((row) => row[at] ?? 0));
  return {
    isIdentity: height === layer.size && width === layer.size,
    rows: { name: `${layer.name}.rows`, shape: [layer.size, height], data: Float32Array.from(rows.flat()) },
    columns: { name: `${layer.name}.columns`, shape: [width, layer.size], data: Float32Array.from(transposed.flat()) },
  };
};

const slidingAttributes = (layer: Layer & Sliding, shapes: Shapes) => {
  const { kernel, stride } = layer;
  const [, height = 0, width = 0] = inputShapeOf(layer, shapes);
  const [rows, columns] = [paddingOf(height, layer), paddingOf(width, layer)];
  return {
    dilations: [1, 1],
    kernel_shape: [kernel, kernel],
    pads: [rows.before, columns.before, rows.after, columns.after],
    strides: [stride, stride],
  };
};

type Operation = Pick<OnnxNode, 'operator' | 'attributes'> & { readonly extraInputs?: readonly string[] };

const HARD_SIGMOID: Operation = {
  operator: 'HardSigmoid',
  attributes: { alpha: { float: Math.fround(1 / 6) }, beta: { float: 0.5 } },
};

/** Activations that are one operator; silu is two. */
const ACTIVATION_OPERATIONS: Readonly<Record<Exclude<Activation, 'silu'>, Operation>> = {
  relu: { operator: 'Relu', attributes: {} },
  relu6: { operator: 'Clip', attributes: {}, extraInputs: [RELU6_MIN, RELU6_MAX] },
  sigmoid: { operator: 'Sigmoid', attributes: {} },
  hardSigmoid: HARD_SIGMOID,
  hardSwish: { operator: 'HardSwish', attributes: {} },
};

const activationNodes = ({ name, inputs, activation }: ActivationLayer, output: string): OnnxNode[] => {
  if (activation === 'silu') {
    const sigmoid = `${name}.sigmoid`;
    return [
      { name: sigmoid, operator: 'Sigmoid', inputs, outputs: [sigmoid], attributes: {} },
      { name, operator: 'Mul', inputs: [...inputs, sigmoid], outputs: [output], attributes: {} },
    ];
  }
  const { operator, attributes, extraInputs = [] } = ACTIVATION_OPERATIONS[activation];
  return [{ name, operator, inputs: [...inputs, ...extraInputs], outputs: [output], attributes }];
};

/**
 * The mean over w and then over h, for a squeeze over a large map: onnxruntime's GlobalAveragePool adds up one number after
 * another, and what it loses over 112×112 of them scales whole channels (logits were five times as far from float64's).
 */
const meanNodes = ({ name, inputs }: GlobalAveragePoolLayer, output: string): OnnxNode[] => {
  const rows = `${name}.rows`;
  const mean = (axis: number) => ({ operator: 'ReduceMean', attributes: { axes: [axis], keepdims: 1 } });
  return [
    { name: rows, inputs, outputs: [rows], ...mean(3) },
    { name, inputs: [rows], outputs: [output], ...mean(2) },
  ];
};

const toNodes = (layer: Layer, shapes: Shapes, output: string): OnnxNode[] => {
  const node = { name: layer.name, inputs: layer.inputs, outputs: [output] };
  const parameters = parameterShapes(layer, shapes).map(([name]) => parameterName(layer.name, name));
  switch (layer.kind) {
    case 'conv': {
      const attributes = { ...slidingAttributes(layer, shapes), group: layer.groups };
      return [{ ...node, operator: 'Conv', inputs: [...layer.inputs, ...parameters], attributes }];
    }
    case 'maxPool':
      return [{ ...node, operator: 'MaxPool', attributes: slidingAttributes(layer, shapes) }];
    case 'activation':
      return activationNodes(layer, output);
    case 'add':
      return [{ ...node, operator: 'Add', attributes: {} }];
    case 'gate':
      return [{ ...node, operator: 'Mul', attributes: {} }];
    case 'globalAveragePool': {
      if (layer.keepAxes) return meanNodes(layer, output);
      const map = pooledName(layer.name);
      return [
        { ...node, name: map, operator: 'GlobalAveragePool', outputs: [map], attributes: {} },
        { ...node, operator: 'Flatten', inputs: [map], attributes: { axis: 1 } },
      ];
    }
    case 'adaptiveAveragePool': {
      const { isIdentity, rows, columns } = adaptivePool(layer, shapes);
      if (isIdentity) return [{ ...node, operator: 'Identity', attributes: {} }];
      return [
        {
          ...node,
          name: columns.name,
          operator: 'MatMul',
          inputs: [...layer.inputs, columns.name],
          outputs: [`${layer.name}.narrow`],
          attributes: {},
        },
        { ...node, operator: 'MatMul', inputs: [rows.name, `${layer.name}.narrow`], attributes: {} },
      ];
    }
    case 'flatten':
      return [{ ...node, operator: 'Flatten', attributes: { axis: 1 } }];
    case 'dense':
      return [{ ...node, operator: 'Gemm', inputs: [...layer.inputs, ...parameters], attributes: { transB: 1 } }];
    case 'batchNorm':
      throw new RangeError(`batch norm "${layer.name}" was not folded`);
  }
};

/** Initializers that are no parameters. */
const constants = (graph: Graph, shapes: Shapes): readonly OnnxTensor[] => [
  ...(graph.layers.some((layer) => layer.kind === 'activation' && layer.activation === 'relu6')
    ? [scalar(RELU6_MIN, 0), scalar(RELU6_MAX, 6)]
    : []),
  ...graph.layers.flatMap((layer) => {
    if (layer.kind !== 'adaptiveAveragePool') return [];
    const { isIdentity, rows, columns } = adaptivePool(layer, shapes);
    return isIdentity ? [] : [columns, rows];
  }),
];

/**
 * The ONNX form, for inference: batch norms folded into convolutions, padding made explicit for the graph's input size, a
 * dynamic batch.
 * Input `input` float32 [n, c, h, w]; output float32 [n, …] of the last layer, under the name asked for.
 */
export const graphToOnnx = (options: {
  graph: Graph;
  weights: Weights;
  graphName: string;
  outputName: string;
  metadata: Readonly<Record<string, string>>;
}): OnnxModel => {
  const { graph, weights } = foldBatchNorm(options.graph, options.weights);
  const shapes = inferShapes(graph);
  const last = graph.layers.at(-1);
  if (last === undefined) throw new RangeError('the graph has no layer');
  return {
    graphName: options.graphName,
    inputs: [{ name: GRAPH_INPUT, shape: [BATCH, ...graph.inputShape] }],
    outputs: [{ name: options.outputName, shape: [BATCH, ...shapeOf(shapes, last.name)] }],
    nodes: graph.layers.flatMap((layer) => toNodes(layer, shapes, layer === last ? options.outputName : layer.name)),
    initializers: [
      ...constants(graph, shapes),
      ...graph.layers.flatMap((layer) =>
        parameterShapes(layer, shapes).map(([name, shape]) => ({
          name: parameterName(layer.name, name),
          shape,
          data: weightOf(weights, layer.name, name),
        })),
      ),
    ],
    metadata: options.metadata,
  };
};
