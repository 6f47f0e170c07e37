import { describe, expect, it } from '@jest/globals';
import type { Reproduction, ReproductionEvent, ReproductionReport, RunEvent } from '@graft/contracts';
import { digestOfText } from '@graft/contracts';
import { followReproduction } from './follow-reproduction.js';
import { formatReproduction } from './format-reproduction.js';

const [A, B] = ['a', 'b'].map(digestOfText) as [string, string];
const report: ReproductionReport = {
  ...{ schemaVersion: 'reproduction-report.v1', model: 'insects', version: 2, runId: 'run-1', fresh: false },
  outcome: 'different',
  steps: [
    {
      what: 'activations',
      variant: '',
      result: 'pinned',
      recorded: A,
      made: A,
      detail: 'read from the recorded shards',
    },
    { what: 'trained', variant: '', result: 'different', recorded: A, made: B, detail: 'trained again' },
    { what: 'model', variant: 'int8', result: 'different', recorded: A, made: B, detail: 'the file that is served' },
  ],
  forms: [
    {
      ...{ variant: 'int8', images: 36, maxDifference: 0.0213, changedAnswers: 1, tolerance: 0.005, figures: [] },
      ...{ predictions: { recorded: A, made: B }, cpuClass: { recorded: 'avx2', here: 'bf16' } },
    },
  ],
  conditions: [
    { name: 'Node', recorded: 'v20', here: 'v20' },
    { name: 'CPU class', recorded: 'avx2', here: 'bf16' },
  ],
};

describe('what came of making a version again', () => {
  it('tells the outcome, what differed first, by how much, and what it ran on', () => {
    const text = formatReproduction(report);
    expect(text).toMatch(/^insects 2 was made again from its lineage: different\n/);
    expect(text).toMatch(/trained weights +different +[0-9a-f]{12} +[0-9a-f]{12}/);
    expect(text).toMatch(/exported model \(int8\) +different/);
    expect(text).toMatch(/36 test images differ by 0\.021 at most, 1 first guess changed; tolerated:\s+0\.005/);
    expect(text).toContain('first to differ: trained weights (trained again)');
    expect(text).toContain('not as it was then: CPU class avx2, here bf16');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('says so where it ran on the very same', () => {
    const conditions = report.conditions.slice(0, 1);
    expect(formatReproduction({ ...report, conditions })).toContain('it ran on what it ran on then');
    const steps = report.steps.slice(0, 1);
    expect(formatReproduction({ ...report, steps, outcome: 'identical' })).not.toContain('first to differ');
  });
});

describe('following a reproduction', () => {
  const events = ['train', 'export'].map(
    (stage, at) =>
      ({
        schemaVersion: 'run-event.v1',
        stage,
        kind: 'finished',
        seq: at + 1,
        at: '2026-01-01T00:00:00Z',
      }) as ReproductionEvent,
  );
  const sources = (end: Partial<Reproduction>) => {
    let looks = 0;
    return {
      getReproduction: async () => {
        looks += 1;
        return { id: '1', model: 'insects', version: 2, ...(looks < 3 ? { state: 'running' } : end) } as Reproduction;
      },
      listReproductionEvents: async (_id: string, { after = 0 }: { after?: number } = {}) =>
        events.slice(after, Math.min(after + 1, looks)),
    };
  };
  const told: RunEvent[] = [];
  const teller = { tell: (event: RunEvent) => void told.push(event), leave: () => undefined };

  it('tells each event once, to the end', async () => {
    const ended = await followReproduction(sources({ state: 'succeeded', report: A }), '1', teller);
    expect(ended.report).toBe(A);
    expect(told.map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('ends in the error that it failed of', async () => {
    const error = { code: 'unavailable', message: 'no trainer polls the queue train' };
    await expect(followReproduction(sources({ state: 'failed', error }), '1', teller)).rejects.toMatchObject(error);
  });
});
