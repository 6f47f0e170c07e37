/**
 * MobileNetV3: Howard et al., "Searching for MobileNetV3", arXiv:1905.02244, tables 1 and 2. As in
 * torchvision/models/mobilenetv3.py.
 */
import { GRAPH_INPUT, type Graph } from '../../graph/layers.js';
import type { GraphOptions } from '../architecture.js';
import { addConvUnit } from '../conv-unit.js';
import { createGraphBuilder } from '../graph-builder.js';
import { addInvertedResidual } from '../inverted-residual.js';
import { roundFilters } from '../round-filters.js';
import { timmResidual, timmUnit, type Modules } from '../timm-residual.js';

/** One row of the paper's tables. */
export interface V3Block {
  readonly kernel: number;
  readonly wideFilters: number;
  readonly filters: number;
  readonly squeezes: boolean;
  readonly activation: 'relu' | 'hardSwish';
  readonly stride: number;
}

export interface V3Shape {
  /** Blocks of equal width, stage by stage. */
  readonly stages: readonly (readonly V3Block[])[];
  /** Units of the dense layer before the classifier. */
  readonly hiddenUnits: number;
}

const STEM_FILTERS = 16;
/** Torchvision's, after the TensorFlow original; PyTorch's default would be 1e-5. */
const EPSILON = 1e-3;

/** The hard swish after the first dense layer. */
export const V3_CUT = 'classifier.1';

/** The gate's inner layer has a quarter of the channels. */
const squeezeOf = ({ wideFilters, squeezes }: V3Block) =>
  squeezes
    ? ({ filters: roundFilters(Math.floor(wideFilters / 4)), activation: 'relu', gate: 'hardSigmoid' } as const)
    : null;

const write = ({ stages, hiddenUnits }: V3Shape, classes: number) => {
  const graph = createGraphBuilder();
  const unit = { activation: 'hardSwish', epsilon: EPSILON } as const;
  let [last, inputFilters, position] = [GRAPH_INPUT, STEM_FILTERS, 0];
  const next = (): string => `features.${position++}`;
  const stem = next();
  last = addConvUnit(graph, { ...unit, name: stem, input: last, filters: STEM_FILTERS, kernel: 3, stride: 2 });
  const freezePoints = [last];
  const timm: Modules[] = [timmUnit(stem, 'conv_stem', 'bn1')];
  stages.forEach((blocks, stage) => {
    blocks.forEach((row, at) => {
      const block = {
        ...row,
        name: next(),
        list: 'block',
        inputFilters,
        squeeze: squeezeOf(row),
        epsilon: EPSILON,
      } as const;
      last = addInvertedResidual(graph, last, block);
      timm.push(timmResidual(block, `blocks.${stage}.${at}`));
      inputFilters = row.filters;
    });
    freezePoints.push(last);
  });
  const head = next();
  last = addConvUnit(graph, { ...unit, name: head, input: last, filters: 6 * inputFilters, kernel: 1 });
  last = graph.globalAveragePool('avgpool', last);
  last = graph.activation(V3_CUT, graph.dense('classifier.0', last, hiddenUnits), 'hardSwish');
  graph.dense('classifier.3', last, classes);
  // timm counts the last convolution as one more stage, and names the dense layer after it "conv_head".
  timm.push(timmUnit(head, `blocks.${stages.length}.0.conv`, `blocks.${stages.length}.0.bn1`));
  timm.push([
    ['classifier.0', 'conv_head'],
    ['classifier.3', 'classifier'],
  ]);
  return { graph, freezePoints: [...freezePoints, 'avgpool', last], timm: timm.flat() };
};

/** The stem, the last layer of every stage, the pooled map, the hidden layer that is the feature vector. */
export const v3FreezePoints = (shape: V3Shape): readonly string[] => write(shape, 1).freezePoints;

/** timm's names for the layers (timm/models/mobilenetv3.py), by ours. */
export const v3InTimm = (shape: V3Shape): Modules => write(shape, 1).timm;

/** [n, 3, height, width] → logits [n, classes]. Features are the output of `classifier.1`, [n, hiddenUnits]. */
export const mobileNetV3 = ({ height, width, classes }: GraphOptions, shape: V3Shape): Graph =>
  write(shape, classes).graph.build({ height, width });
