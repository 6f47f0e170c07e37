/**
 * `graft models`: the pre-trained networks, and what they make of tensors and images. Nothing here but `rename` needs a stack. What a
 * command does is loaded when it is called: native libraries would cost every other command its quick start.
 */
import { Option, type Command } from 'commander';
import { wholeNumber } from '../../parse.js';
import { addModelOptions, parsePhi, parseSide, parseSize, RUNTIMES } from './options.js';
import { registerRename } from './rename.js';
import type { ExportOptions } from './run-export.js';
import type { ImageOptions } from './run-images.js';
import type { LogitsOptions } from './run-logits.js';

/** From B0 to about B7. */
const USUAL_PHIS = [0, 0.5, 1, 2, 3, 4, 5, 6];

const registerCatalog = (models: Command): void => {
  models
    .command('list')
    .description(
      'the backbones: parameters in millions, multiply-accumulates of one image in billions, input in pixels, top-1 as published',
    )
    .option('--json', 'print an array of {name, architecture, tag, parameters, macs, inputSize, …} as JSON')
    .action(async (options: { json?: boolean }) => (await import('./run-catalog.js')).runList(options));
  models
    .command('show <name>')
    .description(
      'one backbone: its weights and origin, how its input is made, where it can be frozen; or a trained model: what each environment serves of it',
    )
    .option('--json', 'print the backbone, or the model, as JSON')
    .action(async (name: string, options: { json?: boolean }, command: Command) =>
      (await import('./run-show.js')).runShowAny(name, options, command),
    );
  models
    .command('scale [phi...]')
    .description('EfficientNets of any size by compound scaling: what each φ makes of depth, width and resolution')
    .option('--json', 'print an array of {phi, depth, width, resolution, parameters, macs} as JSON')
    .action(async (phis: string[], options: { json?: boolean }) =>
      (await import('./run-catalog.js')).runScale(phis.length === 0 ? USUAL_PHIS : phis.map(parsePhi), options),
    );
  models
    .command('measure [names...]')
    .description(
      'how fast networks are here through ONNX Runtime, decoding left out, and how large (all of them: some minutes)',
    )
    .option('--threads <n>', 'threads of one run (default: one a core)', wholeNumber(1))
    .option(
      '--json',
      'print an array of {name, architecture, inputSize, top1, onnxBytes, latencyMs, imagesPerSecond} as JSON',
    )
    .action(async (names: string[], options: { threads?: number; json?: boolean }) =>
      (await import('./run-measure.js')).runMeasure(names, options),
    );
};

const SIZE_HELP = 'height and width of the input (default: the backbone’s)';

const registerImages = (models: Command): void => {
  addModelOptions(
    models
      .command('classify <paths...>')
      .description('what a pre-trained network sees on image files, or on those in folders'),
  )
    .option('--top <n>', 'classes to print for each image', wholeNumber(1), 5)
    .option('--size <pixels>', SIZE_HELP, parseSide)
    .option('--json', 'print an array of {file, classes: [{index, label, probability}]} or {file, error} as JSON')
    .action(async (paths: string[], options: ImageOptions & { top: number }) =>
      (await import('./run-images.js')).runClassify(paths, options),
    );
  addModelOptions(
    models.command('features <paths...>').description('feature vectors of image files, or of those in folders'),
  )
    .requiredOption(
      '--output <file>',
      'where safetensors with `features`, float32 [n, length], go; metadata names the files',
    )
    .option('--size <pixels>', SIZE_HELP, parseSide)
    .option('--json', 'print {model, images, length, output} as JSON')
    .action(async (paths: string[], options: ImageOptions & { output: string }) =>
      (await import('./run-images.js')).runFeatures(paths, options),
    );
};

const registerTensors = (models: Command): void => {
  addModelOptions(
    models
      .command('logits')
      .description('run tensors that are normalized already through a network, in either of its forms'),
  )
    .requiredOption('--input <file>', 'safetensors with `input`, float32 [n, 3, height, width]')
    .requiredOption('--output <file>', 'where safetensors with `logits`, float32 [n, classes], go')
    .addOption(
      new Option('--runtime <name>', 'onnx: as it is served; tfjs: as it is trained').choices(RUNTIMES).default('onnx'),
    )
    .option('--json', 'print {model, runtime, images, classes, output} as JSON')
    .action(async (options: LogitsOptions) => (await import('./run-logits.js')).runLogits(options));
  addModelOptions(
    models.command('export').description('write a network as a state dict for PyTorch, or as an ONNX model'),
  )
    .addOption(
      new Option('--format <name>', 'safetensors: parameters by name; onnx: ready to run')
        .choices(['safetensors', 'onnx'])
        .makeOptionMandatory(),
    )
    .requiredOption('--output <file>', 'where it goes')
    .option('--names <library>', 'whose parameter names (default: the first that `models show` lists)')
    .option('--size <pixels>', 'of the ONNX input: 224, or height×width (default: the backbone’s)', parseSize)
    .option('--json', 'print {model, format, bytes, output} as JSON')
    .action(async (options: ExportOptions) => (await import('./run-export.js')).runExport(options));
};

export const registerModels = (program: Command): void => {
  const models = program
    .command('models')
    .description(
      'pre-trained networks: what there is, what they see, in and out of other tools; and names of trained models',
    );
  registerCatalog(models);
  registerImages(models);
  registerTensors(models);
  registerRename(models);
};
