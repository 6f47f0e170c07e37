/** How images become the input of a model that was made elsewhere: a preset, or a file. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError, preprocessingSchema, type Preprocessing } from '@graft/contracts';
import { z } from 'zod';

type Preset = Omit<Preprocessing, 'schemaVersion' | 'inputSize'>;

/** Of RGB values from 0 to 255. */
export const PRESETS = {
  /** ImageNet's mean and deviation, of values from 0 to 1 (https://pytorch.org/vision/stable/models.html). */
  torchvision: {
    ...{ cropShare: 0.875, interpolation: 'bilinear' },
    ...{ mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] },
  },
  /** From −1 to 1, as Keras' `preprocess_input(mode="tf")`. */
  tensorflow: { cropShare: 0.875, interpolation: 'bilinear', mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] },
  /** From 0 to 1. */
  unit: { cropShare: 0.875, interpolation: 'bilinear', mean: [0, 0, 0], std: [255, 255, 255] },
  /** As they are, from 0 to 255: the model itself scales them. */
  none: { cropShare: 0.875, interpolation: 'bilinear', mean: [0, 0, 0], std: [1, 1, 1] },
} as const satisfies Record<string, { readonly [K in keyof Preset]: Readonly<Preset[K]> }>;

const isPreset = (name: string): name is keyof typeof PRESETS => Object.hasOwn(PRESETS, name);

const readPreprocessing = async (path: string): Promise<Preprocessing> => {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const presets = Object.keys(PRESETS).join(', ');
    throw new AppError('not_found', `${path} is no preset (${presets}), and no file can be read there`, { cause });
  });
  try {
    return preprocessingSchema.parse(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new AppError(
      'invalid_request',
      `${path} is no preprocessing.v1 document, as graft export writes them: ${why}`,
      {
        cause,
      },
    );
  }
};

/** Null: as large as the model's own input. */
export interface ChosenPreprocessing {
  readonly of: (inputSize: number) => Preprocessing;
  readonly inputSize: number | null;
}

/**
 * @param choice a preset's name, or the path of a preprocessing.json as `graft export` writes it
 * @throws AppError `not_found`, `invalid_request`
 */
export const choosePreprocessing = async (choice: string): Promise<ChosenPreprocessing> => {
  if (!isPreset(choice)) {
    const document = await readPreprocessing(choice);
    return { of: () => document, inputSize: document.inputSize };
  }
  const { cropShare, interpolation, mean, std } = PRESETS[choice];
  return {
    of: (inputSize) => ({
      ...{ schemaVersion: 'preprocessing.v1', inputSize, cropShare, interpolation },
      ...{ mean: [...mean], std: [...std] },
    }),
    inputSize: null,
  };
};

/** Where nothing is said: as the document beside the model's file has it, which an export comes with, else as torchvision's models want it. */
export const findPreprocessing = (modelFile: string): string => {
  const beside = join(dirname(modelFile), 'preprocessing.json');
  return existsSync(beside) ? beside : 'torchvision';
};
