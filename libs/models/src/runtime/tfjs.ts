/** The Runtime port on tfjs: a backbone's training form, with the same inputs and outputs as its ONNX form. */
import type * as tfjs from '@tensorflow/tfjs-node';
import { AppError } from '@graft/contracts';
import { inferShapes, shapeOf } from '../graph/infer-shapes.js';
import { GRAPH_INPUT } from '../graph/layers.js';
import { loadNetwork } from '../network/load-network.js';
import { FEATURES, sourceOfNetwork, type BackboneSource } from '../onnx/build-embedder.js';
import { LOGITS, PROBABILITIES } from '../onnx/join-tail.js';
import { graphToTensorFlow } from '../tensorflow/graph-to-tensorflow.js';
import { loadTensorFlow } from '../tensorflow/load-tensorflow.js';
import { checkInput } from './check-input.js';
import type { Runtime, RuntimeSignature } from './runtime.js';

/**
 * The whole backbone in tfjs: input `input` [n, 3, h, w] (turned to NHWC inside), outputs `features` [n, featureLength],
 * `logits` and `probabilities` [n, classes].
 * @throws AppError `missing_prerequisite` without TensorFlow, `checkpoint_unfit` when the weights are another network's.
 */
export const loadTfjsModel = async (source: BackboneSource): Promise<Runtime> => {
  const { backbone } = source;
  const { architecture, graph, weights } = loadNetwork(sourceOfNetwork(source));
  const { tf } = loadTensorFlow();
  const network = graphToTensorFlow({ tf, graph, weights });
  const shapes = inferShapes(graph);
  const vector = (name: string, layer: string) => ({
    name,
    shape: [-1, ...shapeOf(shapes, layer)],
    datatype: 'FP32' as const,
  });
  const signature: RuntimeSignature = {
    input: { name: GRAPH_INPUT, shape: [-1, ...graph.inputShape], datatype: 'FP32' },
    outputs: [
      vector(FEATURES, backbone.cut),
      vector(LOGITS, architecture.classifier),
      vector(PROBABILITIES, architecture.classifier),
    ],
  };
  const [channels = 0, height = 0, width = 0] = graph.inputShape;
  const forward = (input: Float32Array, batch: number): Record<string, tfjs.Tensor> =>
    tf.tidy(() => {
      const nhwc = tf.tensor4d(input, [batch, channels, height, width]).transpose<tfjs.Tensor4D>([0, 2, 3, 1]);
      const outputs = network.apply(nhwc, [backbone.cut, architecture.classifier]);
      const of = (name: string): tfjs.Tensor => outputs.get(name) ?? tf.scalar(NaN);
      const logits = of(architecture.classifier);
      return { [FEATURES]: of(backbone.cut), [LOGITS]: logits, [PROBABILITIES]: tf.softmax(logits) };
    });
  let disposed = false;
  return {
    signature,
    run: async (input, batch) => {
      if (disposed) throw new AppError('internal', 'this model was disposed of');
      checkInput(signature.input, input, batch);
      const outputs = forward(input, batch);
      try {
        const read = Object.entries(outputs).map(
          async ([name, tensor]) => [name, await tensor.data<'float32'>()] as const,
        );
        return Object.fromEntries(await Promise.all(read));
      } finally {
        Object.values(outputs).forEach((tensor) => tensor.dispose());
      }
    },
    dispose: async () => {
      if (!disposed) network.dispose();
      disposed = true;
    },
  };
};
