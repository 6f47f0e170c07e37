/** Long computations on the thread that has other things to do: heartbeats, health checks, answers. */
import { setImmediate } from 'node:timers/promises';

/** Runs what yields now and then to its end; whatever waits for this thread has its turn at each yield. */
export const inSteps = async <T>(steps: Generator<void, T>): Promise<T> => {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await setImmediate();
  }
};
