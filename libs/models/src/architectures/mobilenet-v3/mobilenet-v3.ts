/** The members of the MobileNetV3 family, of width 1. */
import { pytorchNaming } from '../../naming/checkpoint-naming.js';
import type { Architecture } from '../architecture.js';
import { moduleIn } from '../timm-residual.js';
import { mobileNetV3, V3_CUT, v3FreezePoints, v3InTimm, type V3Block, type V3Shape } from './graph.js';

/** A row of the paper's tables: kernel, expansion size, output channels, SE, NL, stride. */
const row = (
  kernel: number,
  wideFilters: number,
  filters: number,
  squeeze: 'SE' | '-',
  activation: 'RE' | 'HS',
  stride: number,
): V3Block => ({
  kernel,
  wideFilters,
  filters,
  squeezes: squeeze === 'SE',
  activation: activation === 'RE' ? 'relu' : 'hardSwish',
  stride,
});

/** Table 1. */
const LARGE: V3Shape = {
  stages: [
    [row(3, 16, 16, '-', 'RE', 1)],
    [row(3, 64, 24, '-', 'RE', 2), row(3, 72, 24, '-', 'RE', 1)],
    [row(5, 72, 40, 'SE', 'RE', 2), row(5, 120, 40, 'SE', 'RE', 1), row(5, 120, 40, 'SE', 'RE', 1)],
    [
      row(3, 240, 80, '-', 'HS', 2),
      row(3, 200, 80, '-', 'HS', 1),
      row(3, 184, 80, '-', 'HS', 1),
      row(3, 184, 80, '-', 'HS', 1),
    ],
    [row(3, 480, 112, 'SE', 'HS', 1), row(3, 672, 112, 'SE', 'HS', 1)],
    [row(5, 672, 160, 'SE', 'HS', 2), row(5, 960, 160, 'SE', 'HS', 1), row(5, 960, 160, 'SE', 'HS', 1)],
  ],
  hiddenUnits: 1280,
};

/** Table 2. */
const SMALL: V3Shape = {
  stages: [
    [row(3, 16, 16, 'SE', 'RE', 2)],
    [row(3, 72, 24, '-', 'RE', 2), row(3, 88, 24, '-', 'RE', 1)],
    [row(5, 96, 40, 'SE', 'HS', 2), row(5, 240, 40, 'SE', 'HS', 1), row(5, 240, 40, 'SE', 'HS', 1)],
    [row(5, 120, 48, 'SE', 'HS', 1), row(5, 144, 48, 'SE', 'HS', 1)],
    [row(5, 288, 96, 'SE', 'HS', 2), row(5, 576, 96, 'SE', 'HS', 1), row(5, 576, 96, 'SE', 'HS', 1)],
  ],
  hiddenUnits: 1024,
};

const member = (name: string, shape: V3Shape): Architecture => ({
  name,
  family: 'mobilenet-v3',
  paper: 'https://arxiv.org/abs/1905.02244',
  inputSize: 224,
  cut: V3_CUT,
  classifier: 'classifier.3',
  freezePoints: v3FreezePoints(shape),
  graph: (options) => mobileNetV3(options, shape),
  namings: [
    pytorchNaming({ name: 'torchvision' }),
    pytorchNaming({
      name: 'timm',
      architecture: `${name.replace('mobilenet_v3', 'mobilenetv3')}_100`,
      moduleOf: moduleIn(v3InTimm(shape)),
      epsilon: 1e-5,
      // timm applies the first dense layer to the pooled map, as a 1×1 convolution.
      shapeThere: (layer, parameter, own) =>
        layer === 'classifier.0' && parameter === 'weight' ? [...own, 1, 1] : own,
    }),
  ],
});

export const MOBILENET_V3 = [
  member('mobilenet_v3_large', LARGE),
  member('mobilenet_v3_small', SMALL),
] as const satisfies readonly Architecture[];
