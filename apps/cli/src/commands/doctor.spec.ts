import { describe, expect, it } from '@jest/globals';
import type { Device } from '@graft/models/device';
import { describeGpu } from './doctor.js';

const A10G: Device = {
  kind: 'gpu',
  name: 'NVIDIA A10G',
  memoryMiB: 23028,
  driver: '570.86.15',
  packageName: '@tensorflow/tfjs-node-gpu',
  libraries: [{ name: 'libcuda.so.1', found: true }],
  reason: null,
};

describe('what doctor says of a GPU', () => {
  it('is its memory and driver where it is used', () => {
    expect(describeGpu(A10G)).toMatchObject({
      verdict: 'good',
      found: expect.stringMatching(/^NVIDIA A10G, 23028 MiB, driver 570.86.15/),
    });
  });

  it('is why the CPU is used, and to be mended only where the driver is broken', () => {
    const onCpu = { ...A10G, kind: 'cpu', reason: 'NVIDIA A10G is there, but …' } as const;
    expect(describeGpu(onCpu)).toEqual({
      subject: 'GPU',
      verdict: 'absent',
      found: 'NVIDIA A10G is there, but …: the CPU is used',
    });
    const broken = { ...onCpu, libraries: [{ name: 'libcuda.so.1', found: false }] };
    expect(describeGpu(broken).verdict).toBe('bad');
  });
});
