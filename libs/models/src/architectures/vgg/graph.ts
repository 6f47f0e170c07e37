/**
 * VGG: Simonyan & Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", arXiv:1409.1556, table 1
 * (A, B, D and E), with batch norm where asked for. As in torchvision/models/vgg.py, the map is pooled to 7×7 before
 * the dense layers, so that images of any size fit them.
 */
import { GRAPH_INPUT, type Graph } from '../../graph/layers.js';
import type { GraphOptions } from '../architecture.js';
import { createGraphBuilder } from '../graph-builder.js';

export interface VggShape {
  /** 3×3 convolutions of each of the five stages. */
  readonly repeats: readonly number[];
  readonly norm: 'none' | 'batchNorm';
}

const STAGE_FILTERS = [64, 128, 256, 512, 512];
const POOLED_SIZE = 7;
const HIDDEN_UNITS = 4096;
/** The default of PyTorch's BatchNorm2d. */
const EPSILON = 1e-5;

/** The ReLU after the second dense layer. */
export const VGG_CUT = 'classifier.4';

const write = ({ repeats, norm }: VggShape, classes: number) => {
  const graph = createGraphBuilder();
  const freezePoints: string[] = [];
  let last = GRAPH_INPUT;
  let position = 0;
  const next = (): string => `features.${position++}`;
  repeats.forEach((convolutions, stage) => {
    const filters = STAGE_FILTERS[stage];
    if (filters === undefined) throw new RangeError('VGG has five stages');
    for (let at = 0; at < convolutions; at += 1) {
      // These convolutions have a bias even where a batch norm follows.
      last = graph.conv(next(), last, { filters, kernel: 3, bias: true });
      if (norm === 'batchNorm') last = graph.batchNorm(next(), last, EPSILON);
      last = graph.activation(next(), last, 'relu');
    }
    last = graph.maxPool(next(), last, { kernel: 2, stride: 2, padding: 0 });
    freezePoints.push(last);
  });
  last = graph.flatten('flatten', graph.adaptiveAveragePool('avgpool', last, POOLED_SIZE));
  // 2 and 5 are torchvision's dropouts, which do nothing outside training.
  last = graph.activation('classifier.1', graph.dense('classifier.0', last, HIDDEN_UNITS), 'relu');
  freezePoints.push(last);
  last = graph.activation(VGG_CUT, graph.dense('classifier.3', last, HIDDEN_UNITS), 'relu');
  graph.dense('classifier.6', last, classes);
  return { graph, freezePoints: [...freezePoints, last] };
};

/** The max pool of every stage, then the ReLU after each of the two hidden dense layers. */
export const vggFreezePoints = (shape: VggShape): readonly string[] => write(shape, 1).freezePoints;

/** [n, 3, height, width] → logits [n, classes]. Features are the output of `classifier.4`, [n, 4096]. */
export const vgg = ({ height, width, classes }: GraphOptions, shape: VggShape): Graph =>
  write(shape, classes).graph.build({ height, width });
