/** Speed and size of backbones on this machine. */
import { AppError } from '@graft/contracts';
import {
  buildClassifier,
  describeNetwork,
  findArchitecture,
  isBackbone,
  listBackbones,
  loadOnnxModel,
  measureSpeed,
  untrainedCheckpoint,
  type NetworkDescription,
} from '@graft/models';
import { printJson, printTable } from '../../output.js';
import { createProgress } from '../../progress.js';

interface Measured {
  readonly name: string;
  readonly architecture: string;
  readonly inputSize: number;
  readonly top1: number | null;
  readonly onnxBytes: number;
  readonly latencyMs: number;
  readonly imagesPerSecond: number;
}

/** One backbone an architecture: speed and size don't depend on which weights it has. */
const chooseNetworks = (names: readonly string[]): readonly NetworkDescription[] => {
  const all = names.length === 0 ? listBackbones() : names.map(describeNetwork);
  return all.filter(
    (backbone, at) => all.findIndex(({ architecture }) => architecture === backbone.architecture) === at,
  );
};

/** Weights of the right shapes are enough: none are fetched. */
const measure = async (backbone: NetworkDescription, threads: number | undefined): Promise<Measured> => {
  const { name, architecture, inputSize, classes } = backbone;
  const top1 = isBackbone(backbone) ? backbone.top1 : null;
  const checkpoint = untrainedCheckpoint(findArchitecture(architecture), { classes, seed: 0 });
  const onnx = buildClassifier({ backbone, checkpoint });
  const runtime = await loadOnnxModel(onnx, threads === undefined ? {} : { threads });
  try {
    const { latencyMs, imagesPerSecond } = await measureSpeed(runtime);
    return {
      name,
      architecture,
      inputSize,
      top1,
      onnxBytes: onnx.byteLength,
      latencyMs: latencyMs.median,
      imagesPerSecond,
    };
  } finally {
    await runtime.dispose();
  }
};

export const runMeasure = async (
  names: readonly string[],
  { threads, json }: { threads?: number; json?: boolean },
): Promise<void> => {
  const backbones = chooseNetworks(names);
  if (backbones.length === 0) throw new AppError('not_found', 'the catalog is empty');
  const progress = createProgress('measuring');
  const measured: Measured[] = [];
  for (const backbone of backbones) {
    progress.update(measured.length, backbones.length, backbone.name);
    measured.push(await measure(backbone, threads));
  }
  progress.stop();
  if (json === true) return printJson(measured);
  printTable(
    ['backbone', 'input px', 'top-1 %', 'MB', 'ms, one image', 'images/s, batches of 8'],
    measured.map((each) => [
      each.name,
      each.inputSize,
      each.top1 === null ? null : (100 * each.top1).toFixed(1),
      (each.onnxBytes / 1e6).toFixed(1),
      each.latencyMs.toFixed(1),
      each.imagesPerSecond.toFixed(1),
    ]),
  );
};
