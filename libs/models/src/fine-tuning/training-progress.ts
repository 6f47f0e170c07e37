/** How far a training is, and its byte form: all that a resumed one needs beside what it was started with. */
import { z } from 'zod';
import { AppError, canonicalJson, digestOfBytes, digestOfText } from '@graft/contracts';
import type { CheckpointTensor } from '../checkpoint/checkpoint-tensor.js';
import { readSafetensors, writeSafetensors } from '../checkpoint/safetensors.js';
import type { Weights } from '../graph/weights.js';
import type { EpochReport, FineTuning } from './fine-tuning.js';

export interface TrainingProgress {
  /** Steps of the optimizer done. */
  readonly step: number;
  /** Of the images of the present epoch so far: their losses, summed. */
  readonly lossSum: number;
  readonly epochs: readonly EpochReport[];
  /** From 1; 0 while no epoch is done. */
  readonly bestEpoch: number;
  /** The graph's, of that epoch. */
  readonly best: Weights;
  /** Images computed at a time. */
  readonly microBatch: number;
}

const SCHEMA_VERSION = 'fine-tuning-checkpoint.v1';
const STATE = 'state/';
const BEST = 'best/';

const epochSchema = z.object({
  epoch: z.int().min(1),
  loss: z.number(),
  valLoss: z.number().nullable(),
  accuracy: z.number().nullable(),
});
const progressSchema = z.object({
  step: z.int().min(0),
  lossSum: z.number(),
  epochs: z.array(epochSchema),
  bestEpoch: z.int().min(0),
  microBatch: z.int().min(1),
});

const bytesOf = ({ buffer, byteOffset, byteLength }: Int32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** What a checkpoint belongs to: another graph, other settings or other examples have another digest. */
export const identifyTraining = (training: FineTuning): string => {
  const { graph, stages, settings, precision, teacher, train, validation } = training;
  return digestOfText(
    canonicalJson({
      graph,
      stages,
      settings,
      precision,
      ...(teacher === undefined ? {} : { teacher: { layer: teacher.layer, weight: teacher.weight } }),
      labels: [train, validation].map(({ labels }) => digestOfBytes(bytesOf(labels))),
    }),
  );
};

const toTensors = (prefix: string, arrays: ReadonlyMap<string, Float32Array>): [string, CheckpointTensor][] =>
  [...arrays].map(([name, data]) => [`${prefix}${name}`, { shape: [data.length], dtype: 'F32', data }]);

/** @param state every variable of the session. */
export const writeProgress = (
  training: string,
  { best, ...progress }: TrainingProgress,
  state: ReadonlyMap<string, Float32Array>,
): Uint8Array =>
  writeSafetensors(new Map([...toTensors(STATE, state), ...toTensors(BEST, best)]), {
    schemaVersion: SCHEMA_VERSION,
    training,
    progress: JSON.stringify(progress),
  });

const parseProgress = (text: string): z.infer<typeof progressSchema> => {
  try {
    return progressSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new AppError('checkpoint_unfit', "this training checkpoint doesn't say how far it is", { cause: error });
  }
};

/**
 * @param training which it must belong to (`identifyTraining`).
 * @throws AppError `checkpoint_unfit` when it isn't whole, or another training's.
 */
export const readProgress = (
  training: string,
  bytes: Uint8Array,
): { progress: TrainingProgress; state: ReadonlyMap<string, Float32Array> } => {
  const { tensors, metadata } = readSafetensors(bytes);
  if (metadata.get('schemaVersion') !== SCHEMA_VERSION)
    throw new AppError(
      'checkpoint_unfit',
      `expected a ${SCHEMA_VERSION}, got ${metadata.get('schemaVersion') ?? 'none'}`,
    );
  if (metadata.get('training') !== training)
    throw new AppError(
      'checkpoint_unfit',
      'this checkpoint belongs to another training: its network, settings, precision or labels differ',
    );
  // In the order of their names, as the file keeps them: whoever needs another one brings it.
  const arrays = (prefix: string): Map<string, Float32Array> =>
    new Map(
      [...tensors].flatMap(([name, { data }]) =>
        name.startsWith(prefix) && data instanceof Float32Array ? [[name.slice(prefix.length), data]] : [],
      ),
    );
  return {
    progress: { ...parseProgress(metadata.get('progress') ?? ''), best: arrays(BEST) },
    state: arrays(STATE),
  };
};
