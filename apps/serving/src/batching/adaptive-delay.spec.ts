import { describe, expect, it } from '@jest/globals';
import { createAdaptiveDelay } from './adaptive-delay.js';

describe('the adaptive delay', () => {
  it('is nothing until company comes, then grows to the whole and no further', () => {
    const delay = createAdaptiveDelay(8);
    const seen = [delay.ms];
    for (let times = 0; times < 4; times += 1) {
      delay.companyCame();
      seen.push(delay.ms);
    }
    expect(seen).toEqual([0, 2, 4, 8, 8]);
  });

  it('shrinks to nothing when requests wait in vain', () => {
    const delay = createAdaptiveDelay(8);
    for (let times = 0; times < 3; times += 1) delay.companyCame();
    const seen = [delay.ms];
    for (let times = 0; times < 4; times += 1) {
      delay.waitedInVain();
      seen.push(delay.ms);
    }
    expect(seen).toEqual([8, 4, 2, 0, 0]);
  });

  it('stays nothing where no delay is allowed', () => {
    const delay = createAdaptiveDelay(0);
    delay.companyCame();
    expect(delay.ms).toBe(0);
  });
});
