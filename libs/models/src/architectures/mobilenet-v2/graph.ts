/**
 * MobileNetV2: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", arXiv:1801.04381, table 2. As in
 * torchvision/models/mobilenetv2.py.
 */
import { GRAPH_INPUT, type Graph } from '../../graph/layers.js';
import type { GraphOptions } from '../architecture.js';
import { addConvUnit } from '../conv-unit.js';
import { createGraphBuilder } from '../graph-builder.js';
import { addInvertedResidual } from '../inverted-residual.js';
import { timmResidual, timmUnit, type Modules } from '../timm-residual.js';

/** A stage of equal blocks; only its first block strides. */
interface Stage {
  /** Factor by which a block widens before its depthwise convolution; 1: it doesn't. */
  readonly expansion: number;
  readonly filters: number;
  readonly repeats: number;
  readonly stride: number;
}

const STAGES: readonly Stage[] = [
  { expansion: 1, filters: 16, repeats: 1, stride: 1 },
  { expansion: 6, filters: 24, repeats: 2, stride: 2 },
  { expansion: 6, filters: 32, repeats: 3, stride: 2 },
  { expansion: 6, filters: 64, repeats: 4, stride: 2 },
  { expansion: 6, filters: 96, repeats: 3, stride: 1 },
  { expansion: 6, filters: 160, repeats: 3, stride: 2 },
  { expansion: 6, filters: 320, repeats: 1, stride: 1 },
];

const STEM_FILTERS = 32;
const HEAD_FILTERS = 1280;

/** Of every unit. The epsilon is the default of PyTorch's BatchNorm2d. */
const UNIT = { activation: 'relu6', epsilon: 1e-5 } as const;

const write = (classes: number) => {
  const graph = createGraphBuilder();
  let [last, inputFilters, position] = [GRAPH_INPUT, STEM_FILTERS, 0];
  const next = (): string => `features.${position++}`;
  const stem = next();
  last = addConvUnit(graph, { ...UNIT, name: stem, input: last, filters: STEM_FILTERS, kernel: 3, stride: 2 });
  const freezePoints = [last];
  const timm: Modules[] = [timmUnit(stem, 'conv_stem', 'bn1')];
  STAGES.forEach(({ expansion, filters, repeats, stride }, stage) => {
    for (let at = 0; at < repeats; at += 1) {
      const widths = { inputFilters, wideFilters: inputFilters * expansion, filters };
      const place = { name: next(), list: 'conv', squeeze: null } as const;
      const block = { ...UNIT, ...place, ...widths, kernel: 3, stride: at === 0 ? stride : 1 };
      last = addInvertedResidual(graph, last, block);
      timm.push(timmResidual(block, `blocks.${stage}.${at}`));
      inputFilters = filters;
    }
    freezePoints.push(last);
  });
  const head = next();
  last = addConvUnit(graph, { ...UNIT, name: head, input: last, filters: HEAD_FILTERS, kernel: 1 });
  last = graph.globalAveragePool('avgpool', last);
  graph.dense('classifier.1', last, classes);
  timm.push(timmUnit(head, 'conv_head', 'bn2'), [['classifier.1', 'classifier']]);
  return { graph, freezePoints: [...freezePoints, last], timm: timm.flat() };
};

/** `freezePoints`: the stem, the last layer of every stage, the pooled features. `timm`: timm's names for the layers. */
export const { freezePoints: MOBILENET_V2_FREEZE_POINTS, timm: MOBILENET_V2_IN_TIMM } = write(1);

/** [n, 3, height, width] → logits [n, classes]. Features are the output of `avgpool`, [n, 1280]. */
export const mobileNetV2 = ({ height, width, classes }: GraphOptions): Graph =>
  write(classes).graph.build({ height, width });
