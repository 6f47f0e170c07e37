/** What a parameter of an ONNX model is called in the module that was exported. */
import type { OnnxGraphNode } from './onnx-graph.js';

/** A name as a state dict has it; anything else (`onnx::Conv_193`, `conv1.weight_bias`) was made up by an exporter. */
const PARAMETER_NAME = /(?:^|\.)(?:weight|bias|running_mean|running_var)$/;

const OUTPUT_SUFFIX = /_output_\d+$/;
const WEIGHT_SUFFIX = '.weight';

/**
 * The module in a node's path as torch.onnx.export's older exporter writes it, where each child of a Sequential repeats its
 * parent's name: `/features/features.1/conv/conv.0/Conv` is the module `features.1.conv.0`.
 */
const moduleInPath = ({ name, outputs }: OnnxGraphNode): string | null => {
  const path = name.startsWith('/') ? name : (outputs[0] ?? '').replace(OUTPUT_SUFFIX, '');
  if (!path.startsWith('/')) return null;
  const modules = path.split('/').slice(1, -1);
  const kept = modules.filter((module, index) => !modules[index + 1]?.startsWith(`${module}.`));
  return kept.length === 0 ? null : kept.join('.');
};

/** The module that a node was exported from: its weight's own name says it, else its path. */
const moduleOf = (node: OnnxGraphNode): string | null => {
  const [, weight = ''] = node.inputs;
  return weight.endsWith(WEIGHT_SUFFIX) ? weight.slice(0, -WEIGHT_SUFFIX.length) : moduleInPath(node);
};

/**
 * Names for one use of a tensor, the best first: its own if that says something, then the using node's module; what it is
 * called anyhow, where nothing else is known.
 * @param parameter `weight`, `bias`, `running_mean` or `running_var`.
 */
export const namesOfUse = (tensor: string, node: OnnxGraphNode, parameter: string): readonly string[] => {
  const module = moduleOf(node);
  const derived = module === null ? [] : [`${module}.${parameter}`];
  if (PARAMETER_NAME.test(tensor)) return [tensor, ...derived];
  return derived.length > 0 ? derived : [tensor];
};
