import { stripVTControlCharacters } from 'node:util';
import type { Run } from '@graft/contracts';
import { describe, expect, it } from '@jest/globals';
import { formatRuns } from './runs-table.js';

const run = (given: Partial<Run> = {}): Run => ({
  ...{ id: '01a2157d-06c8-70cf-8178-b9a395217fe1', pipeline: 'photos', workflowId: 'w', attempt: 1 },
  ...{ pipelineDigest: 'a'.repeat(64), trainDigest: 'b'.repeat(64), datasetVersion: 'c'.repeat(64) },
  ...{ state: 'succeeded', stage: 'register', embedded: 244, reused: 0, checkpoint: null, version: 12 },
  ...{ error: null, asked: null, createdAt: '2026-01-02T03:04:05.678Z', finishedAt: null },
  ...given,
});

const linesOf = (...runs: Run[]): string[] => stripVTControlCharacters(formatRuns(runs)).split('\n');

describe('runs in a list', () => {
  const message = Array.from({ length: 60 }, () => 'cause').join(' ');

  it('fit 100 columns, whatever went wrong', () => {
    const lines = linesOf(run(), run({ state: 'cancelling', stage: 'evaluate', version: null }), {
      ...run({ state: 'failed', stage: 'evaluate', version: null }),
      error: { code: 'internal', message },
    });
    expect(Math.max(...lines.map((line) => line.trimEnd().length))).toBeLessThanOrEqual(100);
  });

  it('say where they are, or what they ended in', () => {
    const [, ended, going, failed] = linesOf(
      run(),
      run({ state: 'running', stage: 'train' }),
      run({ state: 'failed', stage: 'embed', error: { code: 'internal', message } }),
    );
    expect(ended).toMatch(/01a2157d-06c8\s+photos\s+succeeded\s+c{12}\s+12\s+2026-01-02 03:04\s*$/);
    expect(going).toContain('running, train');
    expect(failed).toContain('failed in embed');
  });

  it('have their errors under them', () => {
    const lines = linesOf(run({ state: 'skipped', stage: 'drift', error: { code: 'refused', message: 'no\n drift' } }));
    expect(lines.slice(-2)).toEqual(['', '01a2157d-06c8  no drift']);
    expect(linesOf(run())).toHaveLength(2);
  });
});
