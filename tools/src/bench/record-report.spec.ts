import { describe, expect, it } from '@jest/globals';
import { recordReport } from './record-report.js';
import type { BenchReport } from './report.js';

const reportOf = (bench: string, ratio: number): BenchReport => ({
  bench,
  graft: '0.1.0',
  commit: 'c'.repeat(40),
  startedAt: '2026-01-02T03:04:05.000Z',
  machine: { cpuClass: 'avx2', cpu: 'Some CPU', cores: 2, memoryBytes: 24 * 2 ** 30, kernel: '6.1', node: 'v20.0.0' },
  measurements: [{ name: 'ours', unit: 'images/s', median: 100, values: [90, 100, 110] }],
  targets: [{ name: `${bench}_target`, ratio, spread: 0.1, target: 2, applies: true, met: ratio >= 2 }],
});

describe('recordReport', () => {
  it('starts a file and says how the figures came about', () => {
    const text = recordReport('', reportOf('embed', 3));
    expect(text).toMatch(/^# Benchmarks\n/);
    expect(text).toContain('| embed_target | 3.00 | ±0.10 | ≥ 2 | yes |');
    expect(text).toContain('| ours | images/s | 100.0 | 90.00 | 110.0 |');
  });

  it('replaces the section of the same bench and class, and keeps the others', () => {
    const both = recordReport(recordReport('', reportOf('embed', 3)), reportOf('train', 1));
    const again = recordReport(both, reportOf('embed', 4));
    expect(again).toContain('| embed_target | 4.00 |');
    expect(again).not.toContain('| embed_target | 3.00 |');
    expect(again).toContain('| train_target | 1.00 | ±0.10 | ≥ 2 | no |');
    expect(again.match(/^## /gm)).toHaveLength(2);
  });
});
