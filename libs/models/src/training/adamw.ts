/** AdamW (Loshchilov & Hutter, arXiv:1711.05101): Adam whose weight decay is apart from the gradient. */
import type * as tfjs from '@tensorflow/tfjs-node';
import type { TensorFlow } from '../tensorflow/load-tensorflow.js';

/** Adam's published defaults. */
const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

export interface AdamW {
  /**
   * One step over all variables. Gradients are in the order of the variables.
   * @param learningRate of this step: decay is scaled by it, as in the paper.
   */
  apply(gradients: readonly tfjs.Tensor[], learningRate: number): void;
  dispose(): void;
}

/** A variable and its decay: 0 for a bias. */
export interface Trained {
  readonly variable: tfjs.Variable;
  readonly weightDecay: number;
}

export const createAdamW = (tf: TensorFlow, trained: readonly Trained[]): AdamW => {
  const slots = trained.map(({ variable, weightDecay }) => ({
    variable,
    weightDecay,
    first: tf.tidy(() => tf.variable(tf.zerosLike(variable), false)),
    second: tf.tidy(() => tf.variable(tf.zerosLike(variable), false)),
  }));
  let steps = 0;
  return {
    apply: (gradients, learningRate) => {
      steps += 1;
      // Both bias corrections in one factor and one epsilon, as in section 2 of the Adam paper (arXiv:1412.6980).
      const correction = Math.sqrt(1 - BETA2 ** steps);
      const rate = (learningRate * correction) / (1 - BETA1 ** steps);
      tf.tidy(() => {
        slots.forEach(({ variable, weightDecay, first, second }, index) => {
          const gradient = gradients[index];
          if (gradient === undefined) throw new RangeError(`there is no gradient of variable ${index}`);
          first.assign(first.mul(BETA1).add(gradient.mul(1 - BETA1)));
          second.assign(second.mul(BETA2).add(gradient.square().mul(1 - BETA2)));
          const update = first.div(second.sqrt().add(EPSILON * correction)).mul(rate);
          const kept = weightDecay === 0 ? variable : variable.mul(1 - learningRate * weightDecay);
          variable.assign(kept.sub(update));
        });
      });
    },
    dispose: () => slots.forEach(({ first, second }) => tf.dispose([first, second])),
  };
};
