/** EfficientNet-B0 to B7. */
import { pytorchNaming } from '../../naming/checkpoint-naming.js';
import type { Architecture } from '../architecture.js';
import { moduleIn } from '../timm-residual.js';
import { PUBLISHED_SCALES, type CompoundScale } from './compound-scaling.js';
import {
  efficientNet,
  EFFICIENTNET_CLASSIFIER,
  EFFICIENTNET_CUT,
  efficientNetFreezePoints,
  efficientNetInTimm,
} from './graph.js';

/** PyTorch's default, which timm's and torchvision's trainings of B0–B4 have kept. */
export const PYTORCH_EPSILON = 1e-5;
/** The TensorFlow original's: torchvision's B5–B7 are ports of the authors' checkpoints. */
const TENSORFLOW_EPSILON = 1e-3;
const FIRST_PORT = 5;

/** An EfficientNet of any scale; the resolution is what it is published (or meant) for, any other input does too. */
export const efficientNetOfScale = (
  options: CompoundScale & { readonly name: string; readonly epsilon: number },
): Architecture => {
  const { name, resolution, ...scale } = options;
  return {
    name,
    family: 'efficientnet',
    paper: 'https://arxiv.org/abs/1905.11946',
    inputSize: resolution,
    cut: EFFICIENTNET_CUT,
    classifier: EFFICIENTNET_CLASSIFIER,
    freezePoints: efficientNetFreezePoints(scale),
    graph: (input) => efficientNet(input, scale),
    namings: [
      pytorchNaming({ name: 'torchvision' }),
      pytorchNaming({ name: 'timm', moduleOf: moduleIn(efficientNetInTimm(scale)), epsilon: PYTORCH_EPSILON }),
    ],
  };
};

export const EFFICIENTNET: readonly Architecture[] = PUBLISHED_SCALES.map((scale, index) =>
  efficientNetOfScale({
    ...scale,
    name: `efficientnet_b${index}`,
    epsilon: index < FIRST_PORT ? PYTORCH_EPSILON : TENSORFLOW_EPSILON,
  }),
);
