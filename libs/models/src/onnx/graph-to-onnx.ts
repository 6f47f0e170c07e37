/** A graph with its weights as an ONNX model: the one place where layers become operators. */
import { foldBatchNorm } from '../graph/fold-batch-norm.js';
import {
  inferShapes,
  inputShapeOf,
  parameterShapes,
  samePadding,
  shapeOf,
  type Shapes,
} from '../graph/infer-shapes.js';
import { GRAPH_INPUT, parameterName, type Graph, type Layer } from '../graph/layers.js';
import { weightOf, type Weights } from '../graph/weights.js';
import type { OnnxModel, OnnxNode, OnnxTensor } from './onnx-model.js';

/** The symbolic batch size. */
export const BATCH = 'n';
const RELU6_MIN = 'relu6.min';
const RELU6_MAX = 'relu6.max';

const scalar = (name: string, value: number): OnnxTensor => ({ name, shape: [], data: Float32Array.of(value) });

/** A pooled map keeps its two axes of 1 in ONNX: flattened at once, so that a feature is a vector. */
const pooledName = (layer: string): string => `${layer}.map`;

const toNodes = (layer: Layer, shapes: Shapes, output: string): OnnxNode[] => {
  const node = { name: layer.name, outputs: [output] };
  const parameters = parameterShapes(layer, shapes).map(([name]) => parameterName(layer.name, name));
  switch (layer.kind) {
    case 'conv': {
      const { kernel, stride, groups } = layer;
      const [, height = 0, width = 0] = inputShapeOf(layer, shapes);
      const [rows, columns] = [samePadding(height, layer), samePadding(width, layer)];
      const attributes = {
        dilations: [1, 1],
        group: groups,
        kernel_shape: [kernel, kernel],
        pads: [rows.before, columns.before, rows.after, columns.after],
        strides: [stride, stride],
      };
      return [{ ...node, operator: 'Conv', inputs: [...layer.inputs, ...parameters], attributes }];
    }
    case 'relu6':
      return [{ ...node, operator: 'Clip', inputs: [...layer.inputs, RELU6_MIN, RELU6_MAX], attributes: {} }];
    case 'add':
      return [{ ...node, operator: 'Add', inputs: layer.inputs, attributes: {} }];
    case 'globalAveragePool': {
      const map = pooledName(layer.name);
      return [
        { name: map, operator: 'GlobalAveragePool', inputs: layer.inputs, outputs: [map], attributes: {} },
        { ...node, operator: 'Flatten', inputs: [map], attributes: { axis: 1 } },
      ];
    }
    case 'dense':
      return [{ ...node, operator: 'Gemm', inputs: [...layer.inputs, ...parameters], attributes: { transB: 1 } }];
    case 'batchNorm':
      throw new RangeError(`batch norm "${layer.name}" was not folded`);
  }
};

/**
 * The ONNX form, for inference: batch norms folded into convolutions, "SAME" padding made explicit for the graph's input
 * size, ReLU6 as Clip, a dynamic batch.
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
      scalar(RELU6_MIN, 0),
      scalar(RELU6_MAX, 6),
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
