/** What changes from step to step, computed on the host and fed to the graph. */
import type { TrainingSettings } from '@graft/contracts';
import { learningRateAt } from './learning-rate.js';

/** Adam's published defaults (arXiv:1412.6980), and AdamW's in PyTorch. */
export const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/**
 * Scalars of a training step, 0 ≤ step < steps, as `compileTraining` names them.
 *
 * An average that starts at the first weights forgets them slowly: at first its decay is lower, (1 + t) / (10 + t) after t
 * steps, as TensorFlow's ExponentialMovingAverage does with `num_updates`.
 */
export const stepScalars = (
  settings: TrainingSettings,
  { step, steps }: { step: number; steps: number },
): Readonly<Record<string, number>> => {
  const { optimizer, learningRate: peak, warmUp, averageDecay } = settings;
  const done = step + 1;
  const correction = 1 - ADAM.beta2 ** done;
  return {
    learningRate: learningRateAt({ step, steps, peak, warmUp }),
    ...(optimizer === 'adamw'
      ? {
          beta1Power: ADAM.beta1 ** done,
          beta2Power: ADAM.beta2 ** done,
          epsilon: ADAM.epsilon * Math.sqrt(correction),
        }
      : {}),
    ...(averageDecay === null ? {} : { averageDecay: Math.min(averageDecay, (1 + done) / (10 + done)) }),
  };
};
