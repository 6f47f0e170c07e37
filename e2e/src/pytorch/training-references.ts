/** Random networks with labelled batches, PyTorch's gradients on them, and where PyTorch's optimizers take them. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCheckpoint, type Checkpoint } from '@graft/models';
import { z } from 'zod';
import { readTensor } from './references.js';
import { runPython } from './run-python.js';

export interface WantedOptimizer {
  readonly kind: 'sgd' | 'adamw';
  readonly learningRate: number;
  /** Of weights alone. */
  readonly weightDecay: number;
}

/** What make_training_references.py is asked for. */
export interface WantedTraining {
  /** Unique; also of its files. */
  readonly name: string;
  /** torchvision's name of the network, or efficientnet_lite…. */
  readonly model: string;
  readonly classes: number;
  /** Of images: [height, width]. */
  readonly size: readonly [number, number];
  /** Images in a step. */
  readonly batch: number;
  readonly seed: number;
  /** Whether batch norms normalize by the batch, and move their running statistics by a tenth. */
  readonly batchStatistics: boolean;
  /** Null: gradients alone. */
  readonly optimizer: WantedOptimizer | null;
  readonly steps: number;
  /** Whether PyTorch computes all of it in float64 too. */
  readonly exact: boolean;
}

export interface TrainingReference {
  readonly wanted: WantedTraining;
  /** The state dict that training starts from. */
  readonly start: Checkpoint;
  /** float32 [steps, batch, 3, height, width], and shares of classes [steps, batch, classes]. */
  readonly images: Float32Array;
  readonly labels: Float32Array;
  /** Of each step, before it. */
  readonly losses: readonly number[];
  /**
   * The state dict afterwards. Without an optimizer each parameter is its gradient instead, and each running statistic what
   * one step moved it to.
   */
  readonly result: Checkpoint;
  /** The same, computed in float64, where that was asked for. */
  readonly exact: Checkpoint | null;
}

const madeSchema = z.object({ name: z.string(), distanceToKinks: z.number(), losses: z.array(z.number()) });

const readTensors = async (path: string): Promise<Checkpoint> => readCheckpoint(await readFile(path));

const floats = async (path: string, name: string): Promise<Float32Array> =>
  Float32Array.from(await readTensor(path, name));

/** Makes them all in one process, into `folder`. */
export const makeTrainingReferences = async (
  wanted: readonly WantedTraining[],
  folder: string,
): Promise<ReadonlyMap<string, TrainingReference>> => {
  const list = join(folder, 'wanted-trainings.json');
  await writeFile(list, JSON.stringify(wanted));
  const made = z.array(madeSchema).parse(await runPython('make_training_references.py', [list, folder]));
  const references = new Map<string, TrainingReference>();
  for (const [at, each] of wanted.entries()) {
    const file = (kind: string): string => join(folder, `${each.name}.${kind}.safetensors`);
    const kind = each.optimizer === null ? 'gradients' : 'trained';
    references.set(each.name, {
      wanted: each,
      start: await readTensors(file('start')),
      images: await floats(file('batches'), 'input'),
      labels: await floats(file('batches'), 'labels'),
      losses: made[at]?.losses ?? [],
      result: await readTensors(file(kind)),
      exact: each.exact ? await readTensors(file(`${kind}64`)) : null,
    });
  }
  return references;
};
