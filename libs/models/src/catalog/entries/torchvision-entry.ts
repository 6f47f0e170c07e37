/** What torchvision publishes about its ImageNet weights, as a catalog entry. */
import type { CatalogEntry } from './catalog-entry.js';

export interface TorchvisionWeights {
  readonly architecture: string;
  /**
   * `tv_in1k`: IMAGENET1K_V1; `tv2_in1k`: IMAGENET1K_V2 (timm's tags for them). Where there are both, V1 comes first in the
   * catalog and is the architecture's default: V2's recipe (label smoothing, mixup, cutmix, long training) classifies
   * ImageNet better, but such features separate other classes worse (Kornblith et al., arXiv:2010.16402), and
   * transfer is what backbones are for here.
   */
  readonly tag: 'tv_in1k' | 'tv2_in1k';
  /** The file's name in torchvision's weights folder; ends in the first 8 digits of its sha256. */
  readonly file: string;
  /** Accuracy on ImageNet's validation images, percent: `acc@1` of the weights' metrics. */
  readonly accuracy: number;
  /** Pixels of the crop, and of the shorter side before it. */
  readonly cropSize: number;
  readonly resizeSize: number;
  /** Default: bilinear. */
  readonly interpolation?: CatalogEntry['preprocessing']['interpolation'];
  /** The file of torchvision/models that defines it. */
  readonly source: string;
}

const FOLDER = 'https://download.pytorch.org/models/';
const SOURCES = 'https://github.com/pytorch/vision/blob/main/torchvision/models/';
const DIGEST = /-([0-9a-f]{8})\.pth$/;

const digestIn = (file: string): string => {
  const [, digest] = DIGEST.exec(file) ?? [];
  if (digest === undefined) throw new RangeError(`"${file}" doesn't end in a digest`);
  return digest;
};

export const torchvisionEntry = (weights: TorchvisionWeights): CatalogEntry => ({
  architecture: weights.architecture,
  tag: weights.tag,
  classes: 1000,
  inputSize: weights.cropSize,
  // The presets of torchvision/transforms/_presets.py (ImageClassification), whose mean (.485, .456, .406) and std (.229, .224, .225) are shares of 255.
  preprocessing: {
    cropShare: weights.cropSize / weights.resizeSize,
    interpolation: weights.interpolation ?? 'bilinear',
    mean: [123.675, 116.28, 103.53],
    std: [58.395, 57.12, 57.375],
  },
  weights: `${FOLDER}${weights.file}`,
  weightsDigest: digestIn(weights.file),
  // The licence of torchvision, which publishes them; it points out that the data set may have terms of its own.
  licence: 'BSD-3-Clause',
  origin: `${SOURCES}${weights.source}`,
  top1: Number((weights.accuracy / 100).toFixed(5)),
});

type Recipe = (architecture: string, file: string, accuracy: number) => CatalogEntry;

/** torchvision's two recipes for networks of 224 pixels, for the architectures of one of its files. */
export const torchvisionRecipes = (source: string): { readonly v1: Recipe; readonly v2: Recipe } => {
  const recipe =
    (tag: TorchvisionWeights['tag'], resizeSize: number): Recipe =>
    (architecture, file, accuracy) =>
      torchvisionEntry({ architecture, tag, file, accuracy, cropSize: 224, resizeSize, source });
  return { v1: recipe('tv_in1k', 256), v2: recipe('tv2_in1k', 232) };
};
