import { describe, expect, it } from '@jest/globals';
import { inSteps } from './in-steps.js';

describe('inSteps', () => {
  it('lets others have their turn between two steps, and answers what the last one returns', async () => {
    const order: string[] = [];
    const steps = function* (): Generator<void, number> {
      for (const step of ['one', 'two']) {
        order.push(step);
        setImmediate(() => order.push(`after ${step}`));
        yield;
      }
      return 7;
    };
    expect(await inSteps(steps())).toBe(7);
    expect(order).toEqual(['one', 'after one', 'two', 'after two']);
  });
  it('fails as the steps do', async () => {
    const steps = function* (): Generator<void, number> {
      yield;
      throw new Error('no more');
    };
    await expect(inSteps(steps())).rejects.toThrow('no more');
  });
});
