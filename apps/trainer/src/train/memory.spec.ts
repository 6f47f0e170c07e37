import { describe, expect, it } from '@jest/globals';
import { defaultMemoryMib, memoryExceeded, residentBytes } from './memory.js';

const GIB = 2 ** 30;

describe('memory of a training', () => {
  it('is three quarters of the machine, or of the control group where that has less', () => {
    expect(defaultMemoryMib({ total: 16 * GIB, constrained: undefined })).toBe(12 * 1024);
    expect(defaultMemoryMib({ total: 16 * GIB, constrained: 0 })).toBe(12 * 1024);
    expect(defaultMemoryMib({ total: 16 * GIB, constrained: 2 ** 64 })).toBe(12 * 1024);
    expect(defaultMemoryMib({ total: 16 * GIB, constrained: 4 * GIB })).toBe(3 * 1024);
    expect(defaultMemoryMib()).toBeGreaterThan(0);
  });

  it('is what is resident; nothing once the process is gone', () => {
    expect(residentBytes('Name:\tnode\nVmPeak:\t 900 kB\nVmRSS:\t   2048 kB\n')).toBe(2 * 2 ** 20);
    expect(residentBytes('Name:\tnode\nState:\tZ (zombie)\n')).toBe(0);
  });

  it('says what was taken, what may be, and what to do', () => {
    expect(memoryExceeded({ used: 3 * GIB, limitMib: 2048 })).toMatchObject({
      code: 'too_large',
      message: expect.stringMatching(/3072 MiB.*2048 MiB.*train\.batchSize.*train\.inputSize/),
      details: { usedMib: 3072, limitMib: 2048 },
    });
  });
});
