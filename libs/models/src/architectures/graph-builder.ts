/** Writes a graph down layer by layer; each call gives the name of the new layer, which is the next one's input. */
import type { Activation, Graph, Layer, PaddingRule } from '../graph/layers.js';

export interface ConvOptions {
  readonly filters: number;
  readonly kernel: number;
  /** Default 1. */
  readonly stride?: number;
  /** Default: half the kernel, which keeps the size at stride 1. */
  readonly padding?: PaddingRule;
  /** Default 1; the number of input channels for a depthwise convolution. */
  readonly groups?: number;
  /** Default false: a batch norm follows. */
  readonly bias?: boolean;
}

export interface GraphBuilder {
  conv(name: string, input: string, options: ConvOptions): string;
  batchNorm(name: string, input: string, epsilon: number): string;
  activation(name: string, input: string, activation: Activation): string;
  add(name: string, one: string, other: string): string;
  gate(name: string, map: string, gate: string): string;
  maxPool(name: string, input: string, options: { kernel: number; stride: number; padding: number }): string;
  globalAveragePool(name: string, input: string, options?: { keepAxes?: boolean }): string;
  adaptiveAveragePool(name: string, input: string, size: number): string;
  flatten(name: string, input: string): string;
  dense(name: string, input: string, units: number): string;
  /** What was written, with an input of [3, height, width]. */
  build(input: { height: number; width: number }): Graph;
}

export const createGraphBuilder = (): GraphBuilder => {
  const layers: Layer[] = [];
  const push = (layer: Layer): string => {
    layers.push(layer);
    return layer.name;
  };
  return {
    conv: (name, input, { filters, kernel, stride = 1, padding = (kernel - 1) / 2, groups = 1, bias = false }) =>
      push({ kind: 'conv', name, inputs: [input], filters, kernel, stride, padding, groups, bias }),
    batchNorm: (name, input, epsilon) => push({ kind: 'batchNorm', name, inputs: [input], epsilon }),
    activation: (name, input, activation) => push({ kind: 'activation', name, inputs: [input], activation }),
    add: (name, one, other) => push({ kind: 'add', name, inputs: [one, other] }),
    gate: (name, map, gate) => push({ kind: 'gate', name, inputs: [map, gate] }),
    maxPool: (name, input, options) => push({ kind: 'maxPool', name, inputs: [input], ...options }),
    globalAveragePool: (name, input, { keepAxes = false } = {}) =>
      push({ kind: 'globalAveragePool', name, inputs: [input], keepAxes }),
    adaptiveAveragePool: (name, input, size) => push({ kind: 'adaptiveAveragePool', name, inputs: [input], size }),
    flatten: (name, input) => push({ kind: 'flatten', name, inputs: [input] }),
    dense: (name, input, units) => push({ kind: 'dense', name, inputs: [input], units }),
    build: ({ height, width }) => ({ inputShape: [3, height, width], layers: [...layers] }),
  };
};
