/** What there is to choose from. */
import {
  customEfficientNet,
  describeNetwork,
  findArchitecture,
  graphOf,
  inferShapes,
  isBackbone,
  listBackbones,
  scaleCost,
  shapeOf,
  type Backbone,
  type NetworkDescription,
} from '@graft/models';
import { printJson, printLine, printTable } from '../../output.js';

const millions = (value: number): string => (value / 1e6).toFixed(1);
const percent = (share: number): string => (100 * share).toFixed(1);

const toRow = ({ name, parameters, macs, inputSize, featureLength, top1, licence }: Backbone): (string | number)[] => [
  name,
  millions(parameters),
  (macs / 1e9).toFixed(2),
  inputSize,
  featureLength,
  percent(top1),
  licence,
];

/** Where it can be cut in two, with the shape of one image's activations there. */
const freezePointsOf = (backbone: NetworkDescription): { layer: string; shape: readonly number[] }[] => {
  const architecture = findArchitecture(backbone.architecture);
  const size = { height: backbone.inputSize, width: backbone.inputSize };
  const shapes = inferShapes(graphOf(architecture, size, backbone.classes));
  return architecture.freezePoints.map((layer) => ({ layer, shape: shapeOf(shapes, layer) }));
};

/** What only a backbone with weights in the catalog has. */
const weightsFacts = ({ top1, weights, weightsDigest, licence, origin }: Backbone): [string, string | number][] => [
  ['top-1, as published', `${percent(top1)} %`],
  ['weights', weights],
  ['sha256', weightsDigest ?? 'not published; kept from the first use on'],
  ['licence', licence],
  ['origin', origin],
];

export const runList = ({ json }: { json?: boolean }): void => {
  if (json === true) return printJson(listBackbones());
  printTable(
    ['backbone', 'parameters M', 'MACs G', 'input px', 'features', 'top-1 %', 'licence'],
    listBackbones().map(toRow),
  );
};

export const runShow = (name: string, { json }: { json?: boolean }): void => {
  const backbone = describeNetwork(name);
  const freezePoints = freezePointsOf(backbone);
  if (json === true) {
    const { namings } = findArchitecture(backbone.architecture);
    const parameterNames = namings.map(({ name: library, architecture = backbone.architecture }) => ({
      library,
      architecture,
    }));
    return printJson({ ...backbone, freezePoints, parameterNames });
  }
  const { preprocessing } = backbone;
  const libraries = findArchitecture(backbone.architecture).namings.map(({ name: library, architecture }) =>
    architecture === undefined ? library : `${library} (as ${architecture})`,
  );
  const facts: (readonly [string, string | number])[] = [
    ['parameters', backbone.parameters.toLocaleString('en')],
    ['multiply-accumulates', backbone.macs.toLocaleString('en')],
    ['classes', backbone.classes],
    ['features', backbone.featureLength],
    [
      'input',
      `${backbone.inputSize} px, ${preprocessing.interpolation}, the centre ${percent(preprocessing.cropShare)} %`,
    ],
    ['mean, std (of 0–255)', `${preprocessing.mean.join(', ')} · ${preprocessing.std.join(', ')}`],
    ...(isBackbone(backbone) ? weightsFacts(backbone) : ([['weights', 'none in the catalog']] as const)),
    ['paper', backbone.paper],
    ['parameter names', libraries.join(', ')],
    ['freeze points', freezePoints.map(({ layer, shape }) => `${layer} [${shape.join('×')}]`).join('\n')],
  ];
  printLine(backbone.name);
  printTable(['', ''], facts);
};

/** What each φ makes of EfficientNet-B0. */
export const runScale = (phis: readonly number[], { json }: { json?: boolean }): void => {
  const costs = phis.map(scaleCost);
  if (json === true) return printJson(costs);
  printTable(
    ['φ', 'depth ×', 'width ×', 'input px', 'parameters M', 'MACs G', 'as'],
    costs.map(({ phi, depth, width, resolution, parameters, macs }) => [
      phi,
      depth.toFixed(2),
      width.toFixed(2),
      resolution,
      millions(parameters),
      (macs / 1e9).toFixed(2),
      customEfficientNet({ phi }).name,
    ]),
  );
};
