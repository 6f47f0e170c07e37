/**
 * EfficientNet (Tan & Le, arXiv:1905.11946): inverted residuals with squeeze-and-excitation and SiLU. As in
 * torchvision/models/efficientnet.py, which pads symmetrically where the TensorFlow original pads "same".
 */
import { GRAPH_INPUT, type Graph } from '../../graph/layers.js';
import type { GraphOptions } from '../architecture.js';
import { addConvUnit } from '../conv-unit.js';
import { createGraphBuilder } from '../graph-builder.js';
import { addInvertedResidual } from '../inverted-residual.js';
import { roundFilters } from '../round-filters.js';
import { timmResidual, timmUnit, type Modules } from '../timm-residual.js';
import { scaleRepeats, STAGES, STEM_FILTERS } from './stages.js';

/** How a network differs from B0, which has a width and a depth of 1. */
export interface EfficientNetScale {
  /** Factor of every channel count. */
  readonly width: number;
  /** Factor of every stage's number of blocks. */
  readonly depth: number;
  /** Of the batch norms. */
  readonly epsilon: number;
}

export const EFFICIENTNET_CUT = 'avgpool';
export const EFFICIENTNET_CLASSIFIER = 'classifier.1';

/** The last convolution widens the last stage by so much. */
const HEAD_FACTOR = 4;

/** The gate's inner layer has a quarter of the channels that the block begins with, not of the expanded ones. */
const squeezeOf = (inputFilters: number) =>
  ({ filters: Math.max(1, Math.floor(inputFilters / 4)), activation: 'silu', gate: 'sigmoid' }) as const;

const write = ({ width, depth, epsilon }: EfficientNetScale, classes: number) => {
  const graph = createGraphBuilder();
  const unit = { activation: 'silu', epsilon } as const;
  let inputFilters = roundFilters(STEM_FILTERS * width);
  const stem = { ...unit, name: 'features.0', filters: inputFilters, kernel: 3, stride: 2 };
  let last = addConvUnit(graph, { ...stem, input: GRAPH_INPUT });
  const freezePoints = [last];
  const timm: Modules[] = [timmUnit(stem.name, 'conv_stem', 'bn1')];
  STAGES.forEach(({ repeats, kernel, stride, expansion, filters: baseFilters }, stage) => {
    const filters = roundFilters(baseFilters * width);
    for (let at = 0; at < scaleRepeats(repeats, depth); at += 1) {
      const block = {
        ...unit,
        name: `features.${stage + 1}.${at}`,
        list: 'block',
        inputFilters,
        wideFilters: inputFilters * expansion,
        filters,
        kernel,
        stride: at === 0 ? stride : 1,
        squeeze: squeezeOf(inputFilters),
      } as const;
      last = addInvertedResidual(graph, last, block);
      timm.push(timmResidual(block, `blocks.${stage}.${at}`));
      inputFilters = filters;
    }
    freezePoints.push(last);
  });
  const head = `features.${STAGES.length + 1}`;
  last = addConvUnit(graph, { ...unit, name: head, input: last, filters: HEAD_FACTOR * inputFilters, kernel: 1 });
  graph.dense(EFFICIENTNET_CLASSIFIER, graph.globalAveragePool(EFFICIENTNET_CUT, last), classes);
  timm.push(timmUnit(head, 'conv_head', 'bn2'), [[EFFICIENTNET_CLASSIFIER, 'classifier']]);
  return { graph, freezePoints: [...freezePoints, EFFICIENTNET_CUT], timm: timm.flat() };
};

/** The stem, the last layer of every stage, the pooled map that is the feature vector. */
export const efficientNetFreezePoints = (scale: EfficientNetScale): readonly string[] => write(scale, 1).freezePoints;

/** timm's names for the layers (timm/models/efficientnet.py), by ours. */
export const efficientNetInTimm = (scale: EfficientNetScale): Modules => write(scale, 1).timm;

/** [n, 3, height, width] → logits [n, classes]. Features are the output of `avgpool`, [n, 1280 · width, rounded]. */
export const efficientNet = ({ height, width, classes }: GraphOptions, scale: EfficientNetScale): Graph =>
  write(scale, classes).graph.build({ height, width });
