/** `graft models export`: a network's weights for other tools: a state dict that PyTorch loads, or an ONNX model. */
import { writeFile } from 'node:fs/promises';
import { AppError, canonicalJson } from '@graft/contracts';
import {
  buildClassifier,
  findArchitecture,
  loadNetwork,
  saveWeights,
  writeSafetensors,
  type BackboneSource,
  type InputSize,
} from '@graft/models';
import { Option, type Command } from 'commander';
import { note, printJson } from '../../output.js';
import { addModelOptions, openSource, parseSize, sizeOf, type ModelOptions } from './open-model.js';

interface ExportOptions extends ModelOptions {
  readonly format: 'safetensors' | 'onnx';
  readonly output: string;
  readonly names?: string;
  readonly size?: InputSize;
  readonly json?: boolean;
}

const toSafetensors = (source: Required<BackboneSource>, names: string | undefined): Uint8Array => {
  const architecture = findArchitecture(source.backbone.architecture);
  const known = architecture.namings.map(({ name }) => name);
  const naming = architecture.namings.find(({ name }) => names === undefined || name === names);
  if (naming === undefined)
    throw new AppError(
      'usage',
      `${architecture.name} has no parameter names of "${names ?? ''}"; expected ${known.join(' or ')}`,
    );
  const { graph, weights } = loadNetwork({ architecture, checkpoint: source.checkpoint, size: source.size });
  // `format` is what PyTorch's and timm's loaders look for.
  return writeSafetensors(saveWeights({ graph, weights, naming }), {
    format: 'pt',
    architecture: architecture.name,
    names: naming.name,
  });
};

export const registerExport = (models: Command): void => {
  addModelOptions(
    models.command('export').description('write a network as a state dict for PyTorch, or as an ONNX model'),
  )
    .addOption(
      new Option('--format <name>', 'safetensors: parameters by name; onnx: ready to run')
        .choices(['safetensors', 'onnx'])
        .makeOptionMandatory(),
    )
    .requiredOption('--output <file>', 'where it shall go')
    .option(
      '--names <library>',
      'whose parameter names: torchvision, timm… (default: the first that `models show` lists)',
    )
    .option('--size <pixels>', 'of the ONNX input: 224, or height×width (default: the backbone’s)', parseSize)
    .option('--json', 'print {model, format, bytes, output} as JSON')
    .action(async (options: ExportOptions) => {
      const { backbone, checkpoint, digest } = await openSource(options);
      const source = { backbone, checkpoint, size: options.size ?? sizeOf(backbone) };
      const bytes =
        options.format === 'onnx'
          ? buildClassifier(source, {
              'graft.weights': digest,
              'graft.preprocessing': canonicalJson({ ...backbone.preprocessing, inputSize: source.size.height }),
            })
          : toSafetensors(source, options.names);
      await writeFile(options.output, bytes);
      const done = { model: backbone.name, format: options.format, bytes: bytes.byteLength, output: options.output };
      if (options.json === true) return printJson(done);
      note(`${done.model}: ${(done.bytes / 1e6).toFixed(1)} MB of ${done.format} in ${done.output}`);
    });
};
