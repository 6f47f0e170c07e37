/** EfficientNets of any scale, by φ or by the three numbers, under names that say all there is to know about them. */
import { AppError } from '@graft/contracts';
import { countMacs, countParameters } from '../../graph/count.js';
import type { Architecture } from '../architecture.js';
import { compoundScale, type CompoundScale } from './compound-scaling.js';
import { efficientNetOfScale, PYTORCH_EPSILON } from './efficientnet.js';

interface Limits {
  readonly least: number;
  readonly most: number;
  readonly decimals: number;
}

/** Around what was published: φ of B7 is about 7, and B0 is nearly minimal for ImageNet. */
const PHI: Limits = { least: -2, most: 8, decimals: 2 };
/** The authors' largest, L2, has a width of 4.3 and a depth of 5.3. */
const FACTOR: Limits = { least: 0.25, most: 6, decimals: 2 };
/** The network halves its input five times; images beyond 1024 px are another kind of task. */
const RESOLUTION: Limits = { least: 32, most: 1024, decimals: 0 };

const IMAGENET_CLASSES = 1000;

const describe = ({ least, most, decimals }: Limits): string =>
  `${least} to ${most}, ${decimals === 0 ? 'whole pixels' : `with ${decimals} decimals at most`}`;

const check = (name: string, value: number, limits: Limits): void => {
  const { least, most, decimals } = limits;
  if (value >= least && value <= most && Number(value.toFixed(decimals)) === value) return;
  throw new AppError(
    'invalid_request',
    `${name} ${value} is no scale of an EfficientNet; expected ${describe(limits)}`,
    {
      details: { [name]: value, ...limits },
    },
  );
};

export type CustomScale = { readonly phi: number } | CompoundScale;

/** B0 scaled by φ (`efficientnet_phi1.5`) or by three numbers of one's own (`efficientnet_w1.1_d1.2_r260`). */
const nameOf = (scale: CustomScale): string =>
  'phi' in scale
    ? `efficientnet_phi${scale.phi + 0}`
    : `efficientnet_w${scale.width}_d${scale.depth}_r${scale.resolution}`;

/**
 * The architecture of that scale; `findArchitecture` finds it again by its name.
 * @throws AppError `invalid_request` for a φ outside −2 to 8, a width or depth outside 0.25 to 6 (two decimals at most), or a
 * resolution outside 32 to 1024.
 */
export const customEfficientNet = (scale: CustomScale): Architecture => {
  if ('phi' in scale) check('phi', scale.phi, PHI);
  else {
    check('width', scale.width, FACTOR);
    check('depth', scale.depth, FACTOR);
    check('resolution', scale.resolution, RESOLUTION);
  }
  const compound = 'phi' in scale ? compoundScale(scale.phi) : scale;
  return efficientNetOfScale({ ...compound, name: nameOf(scale), epsilon: PYTORCH_EPSILON });
};

const BY_PHI = /^efficientnet_phi(.*)$/;
const BY_NUMBERS = /^efficientnet_w(.*)_d(.*)_r(.*)$/;
const NUMBER = /^-?\d+(?:\.\d+)?$/;

/** The numbers in a name, or null where it is of another kind. */
const numbersIn = (name: string): readonly number[] | null => {
  const [, ...texts] = BY_PHI.exec(name) ?? BY_NUMBERS.exec(name) ?? [];
  if (texts.length === 0) return null;
  if (texts.every((text) => NUMBER.test(text))) return texts.map(Number);
  throw new AppError(
    'invalid_request',
    `"${name}" says no scale; expected efficientnet_phi<φ>, φ from ${describe(PHI)}, or efficientnet_w<width>_d<depth>_r<resolution>`,
    { details: { name } },
  );
};

/**
 * The custom EfficientNet of that name, or null where the name is of another kind.
 * @throws AppError `invalid_request` when it is of this kind but says a scale that there isn't, or says it in another way
 * than its own name does (one network has one name).
 */
export const customEfficientNetNamed = (name: string): Architecture | null => {
  const numbers = numbersIn(name);
  if (numbers === null) return null;
  const [first = NaN, depth = NaN, resolution = NaN] = numbers;
  const architecture = customEfficientNet(numbers.length === 1 ? { phi: first } : { width: first, depth, resolution });
  if (architecture.name === name) return architecture;
  throw new AppError('invalid_request', `there is no architecture "${name}"; write ${architecture.name}`, {
    details: { name, known: [architecture.name] },
  });
};

/**
 * The three factors that a custom EfficientNet's name says, or null for any other architecture. Throws as
 * `customEfficientNetNamed` does.
 */
export const customScaleNamed = (name: string): CompoundScale | null => {
  if (customEfficientNetNamed(name) === null) return null;
  const [first = NaN, depth, resolution] = numbersIn(name) ?? [];
  return depth === undefined || resolution === undefined ? compoundScale(first) : { width: first, depth, resolution };
};

/** One row of the table that shows what φ costs. */
export interface ScaleCost extends CompoundScale {
  readonly phi: number;
  /** Learned parameters, with a classifier of 1000 classes. */
  readonly parameters: number;
  /** Multiply-accumulates of one image of that resolution. */
  readonly macs: number;
}

/** What the network of that φ is and costs. Throws as `customEfficientNet` does. */
export const scaleCost = (phi: number): ScaleCost => {
  const { inputSize, graph } = customEfficientNet({ phi });
  const layers = graph({ height: inputSize, width: inputSize, classes: IMAGENET_CLASSES });
  return { phi, ...compoundScale(phi), parameters: countParameters(layers), macs: countMacs(layers) };
};
