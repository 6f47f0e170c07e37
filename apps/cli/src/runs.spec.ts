import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { runStoryOf, type Run, type RunEvent } from '@graft/contracts';
import { tellMade, tellPresent } from './commands/runs.js';
import { createRunTeller, describeProgress } from './runs.js';

const event = (seq: number, fields: Pick<RunEvent, 'stage' | 'kind'> & { message?: string }): RunEvent => ({
  schemaVersion: 'run-event.v1',
  runId: 'run-1',
  seq,
  at: '2026-01-01T00:00:00.000Z',
  ...fields,
});

describe('the story of a run', () => {
  it('is the reasons of its plan, a line each, and its warnings, of the last time each stage was tried', () => {
    const events = [
      event(1, { stage: 'plan', kind: 'started' }),
      event(2, { stage: 'plan', kind: 'warning', message: 'the registry was away' }),
      event(3, { stage: 'plan', kind: 'started' }),
      event(4, { stage: 'plan', kind: 'warning', message: 'few images' }),
      event(5, { stage: 'plan', kind: 'finished', message: 'auto chooses head\nhead trains 2,562' }),
      event(6, { stage: 'train', kind: 'warning', message: 'memory ran out' }),
    ];
    expect(runStoryOf(events)).toEqual({
      reasons: ['auto chooses head', 'head trains 2,562'],
      warnings: ['few images', 'memory ran out'],
    });
  });

  it('is empty before there is a plan', () => {
    expect(runStoryOf([])).toEqual({ reasons: [], warnings: [] });
    expect(runStoryOf([event(1, { stage: 'plan', kind: 'started' })])).toEqual({ reasons: [], warnings: [] });
  });
});

describe('a version that has its run', () => {
  const run = { id: 'run-1', pipeline: 'photos', datasetVersion: 'a'.repeat(64) };

  it('is told of with what follows it, or what tries again', () => {
    expect(tellPresent({ ...run, state: 'running' } as Run)).toBe(
      'nothing starts: photos has run run-1 of version aaaaaaaaaaaa already (running). ./graft runs watch run-1 follows it',
    );
    expect(tellPresent({ ...run, state: 'failed' } as Run)).toMatch(/\(failed\)\. --again asks for another try$/);
  });
});

describe('a run that succeeded', () => {
  it('made a version, or was measured for a selection', () => {
    expect(tellMade({ id: 'run-1', version: 3 })).toBe('run run-1 made version 3');
    expect(tellMade({ id: 'run-1', version: null })).toBe(
      'run run-1 has ended: it was to be measured, and made no version',
    );
  });
});

describe('telling a run', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('breaks long lines, and leaves out how far stages were once they are done', () => {
    let told = '';
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((told += String(text)), true));
    const { tell } = createRunTeller({ progress: false });
    tell({ ...event(1, { stage: 'plan', kind: 'progress' }), step: 1, total: 2 });
    expect(told).toBe('');
    const reasons = [Array.from({ length: 30 }, () => 'reason').join(' '), 'another'].join('\n');
    tell({ ...event(2, { stage: 'plan', kind: 'finished', message: reasons }), seconds: 1 });
    expect(told).toMatch(
      /^ {2}plan {8}1\.00 s {2}reason reason[^\n]*\n {22}reason[^\n]*\n {22}reason[^]*\n {22}another\n$/,
    );
    expect(Math.max(...told.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(100);
  });
});

describe('progress', () => {
  it('says what is counted', () => {
    const progress = { ...event(1, { stage: 'train', kind: 'progress' }), step: 3, total: 120, loss: 0.5 };
    expect(describeProgress(progress)).toBe('steps · loss 0.5000');
    expect(describeProgress({ ...progress, etaSeconds: 12 })).toBe('steps · loss 0.5000 · at most 12.0 s left');
    expect(describeProgress({ ...progress, stage: 'embed', etaSeconds: 12 })).toMatch(/^images .* · 12\.0 s left$/);
    expect(describeProgress({ ...event(1, { stage: 'register', kind: 'progress' }) })).toBe('');
  });
});
