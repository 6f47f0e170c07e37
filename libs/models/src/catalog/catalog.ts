/** The backbones that Graft knows, with their weights, licences and origins. */
import { AppError } from '@graft/contracts';
import { findArchitecture } from '../architectures/find-architecture.js';
import { countMacs, countParameters } from '../graph/count.js';
import { inferShapes, shapeOf } from '../graph/infer-shapes.js';
import type { Backbone } from './backbone.js';
import type { CatalogEntry } from './entries/catalog-entry.js';
import { EFFICIENTNET_ENTRIES } from './entries/efficientnet.js';
import { EFFICIENTNET_LITE_ENTRIES } from './entries/efficientnet-lite.js';
import { MOBILENET_V2_ENTRIES } from './entries/mobilenet-v2.js';
import { MOBILENET_V3_ENTRIES } from './entries/mobilenet-v3.js';
import { RESNET_ENTRIES } from './entries/resnet.js';
import { VGG_ENTRIES } from './entries/vgg.js';

const ENTRIES: readonly CatalogEntry[] = [
  ...EFFICIENTNET_LITE_ENTRIES,
  ...EFFICIENTNET_ENTRIES,
  ...RESNET_ENTRIES,
  ...VGG_ENTRIES,
  ...MOBILENET_V2_ENTRIES,
  ...MOBILENET_V3_ENTRIES,
];

const toBackbone = (entry: CatalogEntry): Backbone => {
  const { cut, paper, graph, ...architecture } = findArchitecture(entry.architecture);
  const inputSize = entry.inputSize ?? architecture.inputSize;
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
