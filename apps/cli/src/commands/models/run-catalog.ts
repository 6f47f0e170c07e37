/** What there is to choose from. */
import {
  findArchitecture,
  findBackbone,
  graphOf,
  inferShapes,
  listBackbones,
  shapeOf,
  type Backbone,
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
const freezePointsOf = (backbone: Backbone): { layer: string; shape: readonly number[] }[] => {
  const architecture = findArchitecture(backbone.architecture);
  const size = { height: backbone.inputSize, width: backbone.inputSize };
  const shapes = inferShapes(graphOf(architecture, size, backbone.classes));
  return architecture.freezePoints.map((layer) => ({ layer, shape: shapeOf(shapes, layer) }));
};

export const runList = ({ json }: { json?: boolean }): void => {
  if (json === true) return printJson(listBackbones());
  printTable(
    ['backbone', 'parameters M', 'MACs G', 'input px', 'features', 'top-1 %', 'licence'],
    listBackbones().map(toRow),
  );
};

export const runShow = (name: string, { json }: { json?: boolean }): void => {
  const backbone = findBackbone(name);
  const freezePoints = freezePointsOf(backbone);
  if (json === true) return printJson({ ...backbone, freezePoints });
  const { preprocessing } = backbone;
  const facts: [string, string | number][] = [
    ['parameters', backbone.parameters.toLocaleString('en')],
    ['multiply-accumulates', backbone.macs.toLocaleString('en')],
    ['top-1, as published', `${percent(backbone.top1)} %`],
    ['classes', backbone.classes],
    ['features', backbone.featureLength],
    [
      'input',
      `${backbone.inputSize} px, ${preprocessing.interpolation}, the centre ${percent(preprocessing.cropShare)} %`,
    ],
    ['mean, std (of 0–255)', `${preprocessing.mean.join(', ')} · ${preprocessing.std.join(', ')}`],
    ['weights', backbone.weights],
    ['sha256', backbone.weightsDigest ?? 'not published; kept from the first use on'],
    ['licence', backbone.licence],
    ['paper', backbone.paper],
    ['origin', backbone.origin],
    [
      'parameter names',
      findArchitecture(backbone.architecture)
        .namings.map(({ name: library }) => library)
        .join(', '),
    ],
    ['freeze points', freezePoints.map(({ layer, shape }) => `${layer} [${shape.join('×')}]`).join('\n')],
  ];
  printLine(backbone.name);
  printTable(['', ''], facts);
};
