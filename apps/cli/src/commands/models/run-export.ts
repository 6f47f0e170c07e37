/** A network for other tools. */
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
import { note, printJson } from '../../output.js';
import { openSource, sizeOf } from './open-model.js';
import type { ModelOptions } from './options.js';

export interface ExportOptions extends ModelOptions {
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

export const runExport = async (options: ExportOptions): Promise<void> => {
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
};
