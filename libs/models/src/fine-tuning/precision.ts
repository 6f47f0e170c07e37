/** Which precision a machine trains in. */
import { AppError, type TrainingSettings } from '@graft/contracts';
import type { Precision } from './fine-tuning.js';

/** The class of CPUs with units for bfloat16 (AVX512-BF16 or AMX). */
const HAS_BFLOAT16 = 'bf16';

/**
 * What to train in. `auto`: bfloat16 where the CPU has units for it (a step of ResNet-18 then takes two thirds of the
 * time), else float32. On a GPU `auto` is float32, until bfloat16 was measured there.
 * @param machine.cpuClass as `detectCpuClass` of @graft/platform names it.
 * @throws AppError `invalid_request` for bfloat16 on a CPU without such units.
 */
export const availablePrecision = (
  requested: TrainingSettings['precision'],
  machine: { readonly cpuClass: string; readonly gpu?: boolean },
): Precision => {
  const { cpuClass, gpu = false } = machine;
  if (requested === 'float32') return 'float32';
  if (requested === 'auto') return cpuClass === HAS_BFLOAT16 && !gpu ? 'bfloat16' : 'float32';
  if (cpuClass === HAS_BFLOAT16 || gpu) return 'bfloat16';
  throw new AppError(
    'invalid_request',
    `train.precision is bfloat16, for which this CPU (${cpuClass}) has no units: a step would take 14 times as long as in float32; ` +
      'choose `auto` or `float32`, or a machine with AVX512-BF16 or AMX',
    { details: { cpuClass } },
  );
};
