/** What a session does with the memory that it is given. */
import { describe, expect, it } from '@jest/globals';
import { HEAD } from '../testing/small-trainings.js';
import { initializeWeights } from '../graph/initialize-weights.js';
import { compileTraining } from './compile-training.js';
import { initialState } from './initial-state.js';
import { openTrainingSession } from './training-session.js';

describe('a training session', () => {
  // TensorFlow takes memory that starts at a multiple of 64 as it is, without a copy. A variable that shared it with Node would
  // let go of it on a thread of TensorFlow's; after some hundred times that broke the heap, and the process with it.
  it('shares no memory with the state that it is given, wherever that starts', async () => {
    const optimizer = { kind: 'adamw', beta1: 0.9, beta2: 0.999, weightDecay: 0 } as const;
    const training = compileTraining({ graph: HEAD, precision: 'float', optimizer });
    const state = initialState(training, { graph: HEAD, weights: initializeWeights(HEAD, 1) });
    const session = await openTrainingSession(training);
    for (const offset of [0, 16, 32, 48]) {
      const given = new Map(
        [...state].map(([name, values]) => {
          const copy = new Float32Array(new ArrayBuffer(values.byteLength + offset), offset, values.length);
          copy.set(values);
          return [name, copy];
        }),
      );
      session.assign(given);
      given.forEach((values) => values.fill(7));
      expect(session.read()).toEqual(state);
    }
    session.dispose();
  });
});
