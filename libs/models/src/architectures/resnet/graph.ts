/**
 * ResNet: He et al., "Deep Residual Learning for Image Recognition", arXiv:1512.03385, table 1. As in
 * torchvision/models/resnet.py, a bottleneck strides at its 3×3 convolution and not at the first 1×1 one ("v1.5").
 */
import { GRAPH_INPUT, type Graph } from '../../graph/layers.js';
import type { GraphOptions } from '../architecture.js';
import { createGraphBuilder, type ConvOptions, type GraphBuilder } from '../graph-builder.js';

/** Two 3×3 convolutions, or 1×1, 3×3 and 1×1 with four times as many channels at the end. */
export type BlockKind = 'basic' | 'bottleneck';

export interface ResNetShape {
  readonly block: BlockKind;
  /** Blocks of each of the four stages. */
  readonly repeats: readonly number[];
}

const STEM_FILTERS = 64;
/** Channels of the first stage's blocks; each later stage has twice as many. */
const FIRST_FILTERS = 64;
/** The default of PyTorch's BatchNorm2d. */
const EPSILON = 1e-5;

interface Block {
  readonly name: string;
  readonly input: string;
  readonly inputFilters: number;
  readonly filters: number;
  readonly stride: number;
}

/** A kind's convolutions, and how many channels it ends with. */
const convolutionsOf = (kind: BlockKind, { filters, stride }: Block): readonly ConvOptions[] =>
  kind === 'basic'
    ? [
        { filters, kernel: 3, stride },
        { filters, kernel: 3 },
      ]
    : [
        { filters, kernel: 1 },
        { filters, kernel: 3, stride },
        { filters: outputFilters(kind, filters), kernel: 1 },
      ];

const outputFilters = (kind: BlockKind, filters: number): number => (kind === 'basic' ? filters : 4 * filters);

/** The residual, plus its input (through a 1×1 convolution where their shapes differ), then ReLU. */
const addBlock = (graph: GraphBuilder, kind: BlockKind, block: Block): string => {
  const { name, input, inputFilters, stride } = block;
  const convolutions = convolutionsOf(kind, block);
  let residual = input;
  convolutions.forEach((options, at) => {
    const index = at + 1;
    residual = graph.conv(`${name}.conv${index}`, residual, options);
    residual = graph.batchNorm(`${name}.bn${index}`, residual, EPSILON);
    // Torchvision's one `relu` is called after every sum as well; here each call has a name.
    if (index < convolutions.length) residual = graph.activation(`${name}.relu${index}`, residual, 'relu');
  });
  const filters = outputFilters(kind, block.filters);
  let shortcut = input;
  if (stride !== 1 || inputFilters !== filters) {
    shortcut = graph.conv(`${name}.downsample.0`, input, { filters, kernel: 1, stride });
    shortcut = graph.batchNorm(`${name}.downsample.1`, shortcut, EPSILON);
  }
  return graph.activation(`${name}.relu`, graph.add(`${name}.add`, residual, shortcut), 'relu');
};

const write = ({ block, repeats }: ResNetShape, classes: number) => {
  const graph = createGraphBuilder();
  const filtered = graph.conv('conv1', GRAPH_INPUT, { filters: STEM_FILTERS, kernel: 7, stride: 2 });
  const stem = graph.activation('relu', graph.batchNorm('bn1', filtered, EPSILON), 'relu');
  let last = graph.maxPool('maxpool', stem, { kernel: 3, stride: 2, padding: 1 });
  const freezePoints = [last];
  let inputFilters = STEM_FILTERS;
  repeats.forEach((blocks, stage) => {
    const filters = FIRST_FILTERS * 2 ** stage;
    for (let at = 0; at < blocks; at += 1) {
      const stride = at === 0 && stage > 0 ? 2 : 1;
      const name = `layer${stage + 1}.${at}`;
      last = addBlock(graph, block, { name, input: last, inputFilters, filters, stride });
      inputFilters = outputFilters(block, filters);
    }
    freezePoints.push(last);
  });
  last = graph.globalAveragePool('avgpool', last);
  graph.dense('fc', last, classes);
  return { graph, freezePoints: [...freezePoints, last] };
};

/** The max pool after the stem, the last layer of every stage, the pooled features. */
export const resNetFreezePoints = (shape: ResNetShape): readonly string[] => write(shape, 1).freezePoints;

/** [n, 3, height, width] → logits [n, classes]. Features are the output of `avgpool`: [n, 512], bottlenecks' [n, 2048]. */
export const resNet = ({ height, width, classes }: GraphOptions, shape: ResNetShape): Graph =>
  write(shape, classes).graph.build({ height, width });
