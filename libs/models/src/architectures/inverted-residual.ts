/**
 * The inverted residual: expand 1×1, depthwise k×k, squeeze-and-excitation, project 1×1 (linear), and a shortcut where the
 * shapes allow one. MobileNetV2 (Sandler et al., arXiv:1801.04381) brought it, MobileNetV3 (Howard et al., arXiv:1905.02244)
 * and EfficientNet (Tan & Le, arXiv:1905.11946) use it with a gate (Hu et al., arXiv:1709.01507). Names are those of
 * torchvision's mobilenetv2.py, mobilenetv3.py and efficientnet.py.
 */
import type { Activation } from '../graph/layers.js';
import { addConvUnit, namesOfUnit, type ConvUnitNames } from './conv-unit.js';
import type { GraphBuilder } from './graph-builder.js';

export interface SqueezeExcitation {
  /** Channels between its two layers. */
  readonly filters: number;
  readonly activation: Activation;
  readonly gate: Activation;
}

export interface InvertedResidual {
  readonly name: string;
  /**
   * What torchvision calls the list of the block's layers: `block` (MobileNetV3, EfficientNet), or `conv` (MobileNetV2),
   * where the projection's two layers stand in the list itself and not in a unit.
   */
  readonly list: 'block' | 'conv';
  readonly inputFilters: number;
  /** Channels of the depthwise convolution; as many as `inputFilters`: the block doesn't expand. */
  readonly wideFilters: number;
  readonly filters: number;
  readonly kernel: number;
  readonly stride: number;
  readonly activation: Activation;
  /** null: no gate. */
  readonly squeeze: SqueezeExcitation | null;
  /** Of its batch norms. */
  readonly epsilon: number;
}

export interface InvertedResidualNames {
  /** null: the block doesn't expand. */
  readonly expand: string | null;
  readonly depthwise: string;
  /** null: no gate. */
  readonly squeeze: string | null;
  readonly project: ConvUnitNames;
}

/** Where torchvision keeps the block's parts: the units' names, and the two layers of the projection. */
export const namesOfResidual = (
  block: Pick<InvertedResidual, 'name' | 'list' | 'inputFilters' | 'wideFilters' | 'squeeze'>,
): InvertedResidualNames => {
  const { name, list } = block;
  let position = 0;
  const next = (): string => `${name}.${list}.${position++}`;
  const expand = block.inputFilters === block.wideFilters ? null : next();
  const depthwise = next();
  const squeeze = block.squeeze === null ? null : next();
  const project = list === 'block' ? namesOfUnit(next()) : { conv: next(), norm: next() };
  return { expand, depthwise, squeeze, project };
};

/** A map times a gate for each channel, computed from the map's means (torchvision's SqueezeExcitation, ops/misc.py). */
const addSqueeze = (
  graph: GraphBuilder,
  { name, input, inputFilters, ...squeeze }: SqueezeExcitation & { name: string; input: string; inputFilters: number },
): string => {
  const pooled = graph.globalAveragePool(`${name}.avgpool`, input, { keepAxes: true });
  const point = { kernel: 1, bias: true };
  const reduced = graph.conv(`${name}.fc1`, pooled, { filters: squeeze.filters, ...point });
  const activated = graph.activation(`${name}.activation`, reduced, squeeze.activation);
  const restored = graph.conv(`${name}.fc2`, activated, { filters: inputFilters, ...point });
  return graph.gate(`${name}.scale`, input, graph.activation(`${name}.scale_activation`, restored, squeeze.gate));
};

/** Adds the block after `input`; gives the name of its last layer. */
export const addInvertedResidual = (graph: GraphBuilder, input: string, block: InvertedResidual): string => {
  const { name, inputFilters, wideFilters, filters, kernel, stride, activation, squeeze, epsilon } = block;
  const names = namesOfResidual(block);
  const unit = { filters: wideFilters, activation, epsilon };
  let last = input;
  if (names.expand !== null) last = addConvUnit(graph, { ...unit, name: names.expand, input: last, kernel: 1 });
  last = addConvUnit(graph, { ...unit, name: names.depthwise, input: last, kernel, stride, groups: wideFilters });
  if (names.squeeze !== null && squeeze !== null)
    last = addSqueeze(graph, { ...squeeze, name: names.squeeze, input: last, inputFilters: wideFilters });
  last = graph.conv(names.project.conv, last, { filters, kernel: 1 });
  last = graph.batchNorm(names.project.norm, last, epsilon);
  return stride === 1 && inputFilters === filters ? graph.add(`${name}.add`, last, input) : last;
};
