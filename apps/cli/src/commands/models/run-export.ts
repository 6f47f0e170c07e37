/** A network for other tools. */
import { writeFile } from 'node:fs/promises';
import { AppError, canonicalJson } from '@graft/contracts';
import {
  buildClassifier,
  findArchitecture,
  loadNetwork,
  saveWeights,
  writeSafetensors,
  type Architecture,
  type CheckpointNaming,
  type InputSize,
} from '@graft/models';
import { note, printJson } from '../../output.js';
import { checkOutput } from '../../output-path.js';
import { openSource } from './open-model.js';
import type { ModelOptions } from './options.js';

export interface ExportOptions extends ModelOptions {
  readonly format: 'safetensors' | 'onnx';
  readonly output: string;
  readonly names?: string;
  readonly size?: InputSize;
  readonly json?: boolean;
}

/** The naming asked for, else the architecture's first. */
const namingFor = (architecture: Architecture, names: string | undefined): CheckpointNaming => {
  const known = architecture.namings.map(({ name }) => name);
  const naming = architecture.namings.find(({ name }) => names === undefined || name === names);
  if (naming !== undefined) return naming;
  throw new AppError(
    'usage',
    `${architecture.name} has no parameter names of "${names ?? ''}"; expected ${known.join(' or ')}`,
  );
};

/** Options that the format has no use for are a misunderstanding, and told. */
const checkFormat = ({ format, names, size }: ExportOptions): void => {
  if (format === 'onnx' && names !== undefined)
    throw new AppError('usage', '--names is for safetensors: an ONNX model has no library’s names');
  if (format === 'safetensors' && size !== undefined)
    throw new AppError('usage', '--size is for onnx: weights are the same for any size');
};

export const runExport = async (options: ExportOptions): Promise<void> => {
  checkFormat(options);
  await checkOutput(options.output);
  const source = await openSource(options, options.size);
  const { backbone, checkpoint, size, digest } = source;
  const architecture = findArchitecture(backbone.architecture);
  const naming = namingFor(architecture, options.names);
  const { architecture: nameThere = architecture.name } = naming;
  const toSafetensors = (): Uint8Array => {
    const { graph, weights } = loadNetwork({ architecture, checkpoint, size });
    // `format` is what PyTorch's and timm's loaders look for.
    const metadata = { format: 'pt', architecture: nameThere, names: naming.name };
    return writeSafetensors(saveWeights({ graph, weights, naming }), metadata);
  };
  const toOnnx = (): Uint8Array =>
    buildClassifier(source, {
      'graft.weights': digest,
      'graft.preprocessing': canonicalJson({ ...backbone.preprocessing, inputSize: size.height }),
    });
  const bytes = options.format === 'onnx' ? toOnnx() : toSafetensors();
  await writeFile(options.output, bytes);
  const done = { model: backbone.name, format: options.format, bytes: bytes.byteLength, output: options.output };
  if (options.json === true)
    return printJson(options.format === 'onnx' ? done : { ...done, names: naming.name, architecture: nameThere });
  const told = options.format === 'onnx' ? '' : `, for ${naming.name}'s ${nameThere}`;
  note(`${done.model}: ${(done.bytes / 1e6).toFixed(1)} MB of ${done.format} in ${done.output}${told}`);
};
