/** Takes a graph's parameters out of somebody's checkpoint, in whichever of the known namings it is. */
import { AppError } from '@graft/contracts';
import { toFloat32, type Checkpoint } from '../checkpoint/checkpoint-tensor.js';
import { parameterName, type Graph } from '../graph/layers.js';
import type { Weights } from '../graph/weights.js';
import { epsilonGaps, hasNegative, toGraphVariance } from './batch-norm-epsilon.js';
import type { CheckpointNaming } from './checkpoint-naming.js';
import { expectedFoldedTensors, expectedTensors, unfoldBatchNorms, type ExpectedTensor } from './expected-tensors.js';

/** What wrappers put before every name: DataParallel, Lightning, a backbone inside a larger module. */
const PREFIXES = [
  '',
  'module.',
  'model.',
  'backbone.',
  'encoder.',
  'net.',
  'model.module.',
  'model.backbone.',
  'module.backbone.',
];

/** One way to read the checkpoint, and how much of it that explains. */
interface Reading {
  readonly naming: CheckpointNaming;
  readonly prefix: string;
  readonly folded: boolean;
  readonly tensors: readonly ExpectedTensor[];
  readonly found: number;
}

const readings = (graph: Graph, checkpoint: Checkpoint, namings: readonly CheckpointNaming[]): readonly Reading[] =>
  namings.flatMap((naming) =>
    [false, true].flatMap((folded) => {
      const tensors = folded ? expectedFoldedTensors(graph, naming) : expectedTensors(graph, naming);
      return PREFIXES.map((prefix) => ({
        naming,
        prefix,
        folded,
        tensors,
        found: tensors.filter(({ place }) => checkpoint.has(prefix + place.key)).length,
      }));
    }),
  );

/** The reading that finds most of what it looks for; of equals, the first: the architecture's own naming, unfolded. */
const bestReading = (candidates: readonly Reading[]): Reading => {
  const share = ({ found, tensors }: Reading): number => (tensors.length === 0 ? 0 : found / tensors.length);
  const [first, ...others] = candidates;
  if (first === undefined) throw new RangeError('an architecture has at least one naming');
  return others.reduce((best, reading) => (share(reading) > share(best) ? reading : best), first);
};

const show = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
/** So many names fit a message; the details have all. */
const NAMED = 5;

const listed = (what: string, names: readonly string[]): string[] => {
  if (names.length === 0) return [];
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return [`${what}: ${names.slice(0, NAMED).join(', ')}${more}`];
};

/**
 * Every parameter of the graph, out of the checkpoint. Names, shapes, element types and values are checked for all tensors
 * before the first is taken; what doesn't fit is listed, name by name. Batch norms that an exporter folded away come back
 * as ones that change nothing.
 * @param options.namings the namings to try, the architecture's own first.
 * @param options.mayIgnore tensors that need not be explained (those of a classifier that is left behind).
 * @throws AppError `checkpoint_unfit`, with `missing`, `misshapen`, `unusable` and `unexpected` in its details.
 */
export const loadWeights = (options: {
  /** For messages. */
  network: string;
  graph: Graph;
  checkpoint: Checkpoint;
  namings: readonly CheckpointNaming[];
  mayIgnore?: (key: string, naming: CheckpointNaming) => boolean;
}): Weights => {
  const { graph, checkpoint, namings, mayIgnore = () => false } = options;
  const { naming, prefix, folded, tensors } = bestReading(readings(graph, checkpoint, namings));
  const weights = new Map<string, Float32Array>();
  const [missing, misshapen, unusable]: [string[], string[], string[]] = [[], [], []];
  const asked = new Set<string>();
  const gaps = epsilonGaps(graph, naming);
  for (const { layer, parameter, place } of tensors) {
    const key = prefix + place.key;
    const tensor = checkpoint.get(key);
    asked.add(key);
    if (tensor === undefined) missing.push(`"${key}" ${show(place.shape)}`);
    else if (show(tensor.shape) !== show(place.shape))
      misshapen.push(`"${key}" is ${show(tensor.shape)}, expected ${show(place.shape)}`);
    else if (!['F64', 'F32', 'F16', 'BF16'].includes(tensor.dtype))
      unusable.push(`"${key}" holds ${tensor.dtype}, expected floating point`);
    else {
      const values = toFloat32(key, tensor);
      if (!values.every(Number.isFinite)) unusable.push(`"${key}" holds a value that is not finite`);
      else if (parameter === 'variance' && hasNegative(values, gaps.get(layer)))
        unusable.push(`"${key}" holds a negative variance`);
      else
        weights.set(
          parameterName(layer, parameter),
          parameter === 'variance' ? toGraphVariance(values, gaps.get(layer)) : values,
        );
    }
  }
  const unexpected = [...checkpoint.keys()].filter((key) => {
    const own = key.startsWith(prefix) ? key.slice(prefix.length) : key;
    return !asked.has(key) && !naming.mayIgnore(own) && !mayIgnore(own, naming);
  });
  const faults = [
    ...listed('missing', missing),
    ...listed('of another shape', misshapen),
    ...listed('unusable', unusable),
    ...listed(
      'unexpected',
      unexpected.map((key) => `"${key}"`),
    ),
  ];
  if (faults.length > 0)
    throw new AppError(
      'checkpoint_unfit',
      `the checkpoint isn't ${options.network}'s (by ${naming.name}'s names); ${faults.join('; ')}`,
      {
        details: { naming: naming.name, missing, misshapen, unusable, unexpected },
      },
    );
  if (folded) unfoldBatchNorms(graph, weights);
  return weights;
};
