/** The backbones that Graft knows, with their weights, licences and origins. */
import { AppError } from '@graft/contracts';
import type { Architecture } from '../architectures/architecture.js';
import { findArchitecture } from '../architectures/find-architecture.js';
import { countMacs, countParameters } from '../graph/count.js';
import { inferShapes, shapeOf } from '../graph/infer-shapes.js';
import type { Backbone, NetworkDescription } from './backbone.js';
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

const describe = (
  architecture: Architecture,
  options: { name: string; inputSize: number; classes: number; preprocessing: CatalogEntry['preprocessing'] },
): NetworkDescription => {
  const { cut, paper } = architecture;
  const { inputSize, classes, name, preprocessing } = options;
  const graph = architecture.graph({ height: inputSize, width: inputSize, classes });
  const [featureLength = 0] = shapeOf(inferShapes(graph), cut);
  return {
    name,
    architecture: architecture.name,
    preprocessing: { schemaVersion: 'preprocessing.v1', inputSize, ...preprocessing },
    inputSize,
    cut,
    featureLength,
    classes,
    paper,
    parameters: countParameters(graph),
    macs: countMacs(graph),
  };
};

const toBackbone = (entry: CatalogEntry): Backbone => {
  const architecture = findArchitecture(entry.architecture);
  const { inputSize = architecture.inputSize } = entry;
  return { ...entry, ...describe(architecture, { ...entry, inputSize, name: nameOf(entry) }) };
};

const nameOf = ({ architecture, tag }: CatalogEntry): string => `${architecture}.${tag}`;

const described = new Map<string, Backbone>();

/** Counting a network takes some milliseconds: only those that somebody asks for are described, each once. */
const backboneOf = (entry: CatalogEntry): Backbone => {
  const name = nameOf(entry);
  const backbone = described.get(name) ?? toBackbone(entry);
  described.set(name, backbone);
  return backbone;
};

/** The entry of that name, or an architecture's first. */
const findEntry = (name: string): CatalogEntry | undefined =>
  ENTRIES.find((entry) => nameOf(entry) === name) ?? ENTRIES.find(({ architecture }) => architecture === name);

/** A tag that an architecture of the catalog doesn't have: what it has is the answer, not everything that there is. */
const refuseUnknownTag = (name: string): void => {
  const [architecture] = name.split('.');
  const known = ENTRIES.filter((entry) => entry.architecture === architecture).map(nameOf);
  if (known.length === 0 || architecture === name) return;
  throw new AppError(
    'not_found',
    `there are no weights "${name}" in the catalog; there are: ${known.join(', ')}; others can be named as weights for ${architecture}`,
    { details: { name, known } },
  );
};

/** Every backbone, in the catalog's order. */
export const listBackbones = (): readonly Backbone[] => ENTRIES.map(backboneOf);

/**
 * The backbone of that name (`architecture.tag`), or an architecture's first one.
 * @throws AppError `not_found` that lists what there is.
 */
export const findBackbone = (name: string): Backbone => {
  const entry = findEntry(name);
  if (entry !== undefined) return backboneOf(entry);
  refuseUnknownTag(name);
  const known = ENTRIES.map(nameOf);
  throw new AppError('not_found', `there is no backbone "${name}"; there are: ${known.join(', ')}`, {
    details: { name, known },
  });
};

/** ImageNet's statistics and the usual crop: what a network gets that nobody has published weights of. */
const USUAL_PREPROCESSING: CatalogEntry['preprocessing'] = {
  cropShare: 224 / 256,
  interpolation: 'bilinear',
  mean: [123.675, 116.28, 103.53],
  std: [58.395, 57.12, 57.375],
};

/**
 * A backbone as `findBackbone` finds it, or an architecture that has no weights in the catalog (`efficientnet_phi1.5`), for
 * weights of one's own.
 * @throws AppError `not_found` that lists what there is, `invalid_request` for a scale that there isn't.
 */
export const describeNetwork = (name: string): NetworkDescription => {
  const entry = findEntry(name);
  if (entry !== undefined) return backboneOf(entry);
  refuseUnknownTag(name);
  const architecture = findArchitecture(name);
  const { inputSize } = architecture;
  return describe(architecture, { name, inputSize, classes: 1000, preprocessing: USUAL_PREPROCESSING });
};
