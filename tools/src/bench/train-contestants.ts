/** Who trains in the bench `train`, and how each is started. Every contestant is a process of its own. */
import type { CpuClass } from '@graft/platform';
import type { ReferencePython } from '../python/reference-python.js';
import { inRepository } from '../repository.js';
import { startLineWorker, type LineWorker } from './line-worker.js';

/** What all contestants of a network do in a round. */
export interface TrainWork {
  readonly network: string;
  /** Of the images' sides, in pixels. */
  readonly size: number;
  /** Images in a step. */
  readonly batch: number;
  readonly classes: number;
  /** Steps in a round. */
  readonly steps: number;
}

export type Side = 'ours' | 'control' | 'peer';

export interface TrainContestant {
  readonly name: string;
  readonly side: Side;
  readonly kind: 'graft' | 'keras' | 'pytorch';
  /** As its program takes it. */
  readonly mode: string;
}

const contestant = (
  name: string,
  kind: TrainContestant['kind'],
  mode: string,
  side: Side = 'peer',
): TrainContestant => ({ name, side, kind, mode });

export const OURS = contestant('graft float32', 'graft', 'float', 'ours');
export const OURS_BF16 = contestant('graft bfloat16', 'graft', 'bfloat16', 'ours');
export const KERAS_PLAIN = contestant('keras', 'keras', 'plain');
export const KERAS = contestant('keras without XLA', 'keras', 'graph');
export const KERAS_BF16 = contestant('keras mixed_bfloat16', 'keras', 'graph-bf16');
export const PYTORCH_PLAIN = contestant('pytorch eager', 'pytorch', 'eager');
export const PYTORCH = contestant('pytorch channels_last', 'pytorch', 'channels-last');
export const PYTORCH_BF16 = contestant('pytorch channels_last bf16', 'pytorch', 'channels-last-bf16');

/** The same as one of ours, to see how far two identical contestants stray. */
export const controlOf = (ours: TrainContestant): TrainContestant => ({
  ...ours,
  name: `${ours.name} (control)`,
  side: 'control',
});

/** Without a unit for it bfloat16 is emulated, an order of magnitude slower. */
export const hasBfloat16 = (cpuClass: CpuClass): boolean => cpuClass === 'bf16';

/** As people write them, and at their best. */
export const contestantsFor = (cpuClass: CpuClass): readonly TrainContestant[] => [
  OURS,
  controlOf(hasBfloat16(cpuClass) ? OURS_BF16 : OURS),
  ...[KERAS_PLAIN, KERAS, PYTORCH_PLAIN, PYTORCH],
  ...(hasBfloat16(cpuClass) ? [OURS_BF16, KERAS_BF16, PYTORCH_BF16] : []),
];

export interface Pythons {
  readonly pytorch: ReferencePython;
  readonly keras: ReferencePython;
}

export const startTrainContestant = (
  { name, kind, mode }: TrainContestant,
  work: TrainWork,
  pythons: Pythons,
): Promise<LineWorker> => {
  if (kind === 'graft')
    return startLineWorker({
      name,
      command: process.execPath,
      args: [inRepository('dist/apps/trainer/train-bench-process.js'), JSON.stringify({ ...work, precision: mode })],
    });
  const { command, env } = pythons[kind];
  return startLineWorker({
    name,
    command,
    args: [inRepository(`tools/bench/peers/${kind}_train.py`), JSON.stringify(work), mode],
    env,
  });
};
