import type { RunEvent } from '@graft/contracts';
import { describe, expect, it } from '@jest/globals';
import { stagesOf } from './stages-of.js';

const events = (...told: Pick<RunEvent, 'stage' | 'kind' | 'step' | 'message' | 'seconds'>[]): RunEvent[] =>
  told.map((one, at) => ({
    ...{ schemaVersion: 'run-event.v1', runId: 'run-1', seq: at + 1, at: '2026-01-01T00:00:00.000Z' },
    ...one,
  }));

describe('stagesOf', () => {
  it('tells how far each stage is, in the order in which they began', () => {
    const told = stagesOf(
      events(
        { stage: 'plan', kind: 'started' },
        { stage: 'plan', kind: 'finished', seconds: 2, message: 'because' },
        { stage: 'embed', kind: 'started' },
        { stage: 'embed', kind: 'progress', step: 40 },
        { stage: 'embed', kind: 'progress', step: 10 },
      ),
    );
    expect(told).toMatchObject([
      { stage: 'plan', state: 'finished', seconds: 2, words: 'because' },
      { stage: 'embed', state: 'under way', progress: { step: 40 } },
    ]);
  });

  it('begins a stage anew that is tried again', () => {
    const told = stagesOf(
      events(
        { stage: 'train', kind: 'progress', step: 7 },
        { stage: 'train', kind: 'failed', message: 'out of memory' },
        { stage: 'train', kind: 'started' },
      ),
    );
    expect(told).toEqual([{ stage: 'train', state: 'under way', progress: null, seconds: null, words: '' }]);
  });
});
