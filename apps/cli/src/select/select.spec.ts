import { describe, expect, it, jest } from '@jest/globals';
import type { Run, RunEvent, SelectionRecord, SelectionRun } from '@graft/contracts';
import { followSelection, type SelectionTeller } from './follow-selection.js';
import { formatSelection } from './format-selection.js';
import { exampleSelection } from './testing/example-selection.js';

describe('a selection in a terminal', () => {
  it('is a table with what is to be known of each, the recommendation with its reasons, and the warnings', () => {
    const told = formatSelection(exampleSelection());
    expect(told).toContain(
      'probes cross-validated on 244 train and val images of 2 labels; fine-tuned: on 50 val images',
    );
    expect(told).toMatch(/efficientnet_lite0:pruned60\s+0.951 \[0.924–0.978\]\*\s+5.2\s+8.4 MB/);
    expect(told).toMatch(/mobilenet_v2 .*efficientnet_lite0 is as accurate, as fast and as small, or better/);
    expect(told).toContain('recommended: efficientnet_lite0\n  it names 95.1% right\n');
    expect(told).toContain('warning the biggest candidate, vgg16, is no better');
  });

  it('says what the front is, and breaks long warnings', () => {
    const selection = exampleSelection();
    const long = Array.from({ length: 60 }, () => 'word').join(' ');
    const told = formatSelection({
      ...selection,
      warnings: selection.warnings.map((one) => ({ ...one, message: long })),
    });
    expect(told).toContain('front: none of the others is as accurate, as fast and as small at once');
    const warning = told.slice(told.indexOf('warning word')).split('\n');
    expect(warning.length).toBeGreaterThan(2);
    expect(Math.max(...warning.map(({ length }) => length))).toBeLessThanOrEqual(100);
  });

  it('says where nothing keeps to the limits', () => {
    expect(formatSelection(exampleSelection({ recommended: null }))).toContain('no candidate keeps to the limits');
  });
});

describe('following a selection', () => {
  const RUN: SelectionRun = { candidate: 'efficientnet_lite0', purpose: 'probe', runId: 'run-1' };
  const event = (seq: number): RunEvent => ({
    ...{ schemaVersion: 'run-event.v1', runId: 'run-1', seq, at: '2026-01-01T00:00:00Z' },
    ...{ stage: 'embed', kind: 'progress', step: seq, total: 3 },
  });

  /** A registry in which each look finds the next of these. */
  const registryOf = (records: readonly Partial<SelectionRecord>[], states: readonly Run['state'][]) => {
    let [look, reads] = [0, 0];
    return {
      getSelection: async () => {
        const record = records[Math.min(look, records.length - 1)];
        look += 1;
        return { id: 'selection-1', runs: [RUN], stage: 'probe', error: null, ...record } as SelectionRecord;
      },
      getRun: async () => {
        const state = states[Math.min(reads, states.length - 1)];
        reads += 1;
        return { state } as Run;
      },
      listRunEvents: async (_: string, { after = 0 } = {}) =>
        [1, 2, 3]
          .filter((seq) => seq > after)
          .slice(0, 1)
          .map(event),
    };
  };
  const teller = () => ({
    stage: jest.fn<SelectionTeller['stage']>(),
    event: jest.fn<SelectionTeller['event']>(),
    leave: jest.fn<SelectionTeller['leave']>(),
  });

  it('tells each stage and each event once, and ends with the selection', async () => {
    const told = teller();
    const running: Partial<SelectionRecord> = { state: 'running' };
    const answered: Partial<SelectionRecord> = { state: 'succeeded', result: 'f'.repeat(64) };
    const registry = registryOf(
      [{ state: 'requested', stage: null }, running, running, running, answered],
      ['running'],
    );
    expect(await followSelection(registry, 'selection-1', told)).toMatchObject(answered);
    expect(told.stage.mock.calls).toEqual([['probe']]);
    expect(told.event.mock.calls.map(([, { seq }]) => seq)).toEqual([1, 2, 3]);
    expect(told.leave).toHaveBeenCalledTimes(1);
  });

  it('joined late, tells no progress that is past', async () => {
    const told = teller();
    const kinds = ['started', 'progress', 'progress', 'finished', 'progress', 'progress'] as const;
    const events = kinds.map((kind, at) => ({ ...event(at + 1), kind }));
    const seen = async (state: Run['state'], runs = told) => {
      const registry = {
        ...registryOf([{ state: 'running' }, { state: 'succeeded' }], [state]),
        listRunEvents: async (_: string, { after = 0 } = {}) => events.filter(({ seq }) => seq > after),
      };
      await followSelection(registry, 'selection-1', runs);
      return runs.event.mock.calls.map(([, { seq }]) => seq);
    };
    expect(await seen('running')).toEqual([1, 4, 6]);
    expect(await seen('succeeded', teller())).toEqual([1, 4]);
  });

  it('throws what the selection failed of', async () => {
    const error = { code: 'dataset_unfit', message: 'resnet18: one label' };
    await expect(
      followSelection(registryOf([{ state: 'failed', error }], ['failed']), 'selection-1', teller()),
    ).rejects.toMatchObject({ code: 'dataset_unfit', message: expect.stringContaining('resnet18: one label') });
  });
});
