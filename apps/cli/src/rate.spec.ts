import { describe, expect, it } from '@jest/globals';
import { formatRate } from './rate.js';

describe('formatRate', () => {
  it.each([
    [{ bytes: 0, totalBytes: 10, seconds: 3 }, ''],
    [{ bytes: 500_000, totalBytes: 1_000_000, seconds: 1 }, '500 KB/s, 0:01 left'],
    [{ bytes: 10e6, totalBytes: 700e6, seconds: 1 }, '10.0 MB/s, 1:09 left'],
    [{ bytes: 2e9, totalBytes: 20e12, seconds: 1 }, '2.00 GB/s, 2:46:39 left'],
    [{ bytes: 2e6, totalBytes: 1e6, seconds: 1 }, '2.0 MB/s, 0:00 left'],
  ])('%j is "%s"', (done, told) => {
    expect(formatRate(done)).toBe(told);
  });
});
