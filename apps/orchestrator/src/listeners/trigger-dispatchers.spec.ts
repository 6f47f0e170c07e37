import { describe, expect, it } from '@jest/globals';
import {
  pipelineSchema,
  type BulkClassification,
  type Dataset,
  type LandedHint,
  type PipelineVersion,
  type Run,
} from '@graft/contracts';
import { createWorld } from '../testing/activity-world.js';
import { eventually } from '../testing/eventually.js';
import { dispatchDatasets } from './dataset-dispatcher.js';
import { dispatchCancellations, dispatchRequestedRuns } from './run-dispatcher.js';
import { syncSchedules } from './schedule-keeper.js';
import { dispatchBulks } from './under-way-dispatcher.js';

const AT = '2026-01-01T00:00:00Z';
const LATER = '2026-01-01T00:05:00Z';

/** No events: what is lost is found by looking again. */
const silent = async function* (): AsyncGenerator<never> {
  await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('dispatchDatasets', () => {
  const dataset = (fields: Partial<Dataset> = {}): Dataset =>
    ({ ...{ name: 'flowers', paused: null, corrections: 0, lookAskedAt: null }, ...fields }) as Dataset;

  const dispatch = async (
    steps: readonly Partial<Dataset>[],
    toldAt: string | null = null,
  ): Promise<{ dataset: string; hint: LandedHint }[]> => {
    const stopping = new AbortController();
    const signalled: { dataset: string; hint: LandedHint }[] = [];
    let looks = 0;
    const dispatching = dispatchDatasets({
      ...{ logger: createWorld().logger, signal: stopping.signal, pollMs: 1 },
      watchers: { signal: async (name, hint) => void signalled.push({ dataset: name, hint }) },
      registry: {
        events: silent,
        getWatch: async () => (toldAt === null ? null : ({ at: toldAt } as never)),
        listDatasets: async () => [dataset(steps[Math.min(looks++, steps.length - 1)])],
      },
    });
    await eventually(() => looks > steps.length + 2);
    stopping.abort();
    await dispatching;
    return signalled;
  };
  const urgent = { dataset: 'flowers', hint: { urgent: true } };

  it('wakes a watcher once for each thing that a person does', async () => {
    expect(await dispatch([{}, { lookAskedAt: AT }, { lookAskedAt: AT }, { lookAskedAt: LATER }])).toEqual([
      urgent,
      urgent,
    ]);
    expect(await dispatch([{ corrections: 1 }, { corrections: 3 }])).toEqual([urgent]);
  });

  it('leaves a paused one alone, and lets a resumed one wait as its policy says', async () => {
    const paused = { by: 'ada', at: AT };
    expect(await dispatch([{}, { paused }, { paused, corrections: 2 }])).toEqual([]);
    expect(await dispatch([{ paused }, {}])).toEqual([{ dataset: 'flowers', hint: { urgent: false } }]);
  });

  it('has a look that was asked for while it was away, and no second one', async () => {
    expect(await dispatch([{ lookAskedAt: LATER }], AT)).toEqual([urgent]);
    expect(await dispatch([{ lookAskedAt: AT }], LATER)).toEqual([]);
  });
});

describe('dispatchBulks', () => {
  it('starts what is under way, the older first, and goes on after a server that was away', async () => {
    const stopping = new AbortController();
    const started: string[] = [];
    let looks = 0;
    const dispatching = dispatchBulks({
      ...{ logger: createWorld().logger, signal: stopping.signal, pollMs: 1 },
      start: async (id) => {
        looks += 1;
        if (looks === 1) throw new Error('Temporal is away');
        started.push(id);
        return true;
      },
      registry: {
        events: silent,
        listBulks: async ({ state } = {}) =>
          (state === 'requested' ? [{ id: 'younger' }, { id: 'older' }] : [{ id: 'running' }]) as BulkClassification[],
      },
    });
    await eventually(() => started.length >= 3);
    stopping.abort();
    await dispatching;
    expect(started.slice(0, 3)).toEqual(['running', 'older', 'younger']);
  });
});

describe('dispatchRequestedRuns', () => {
  it('starts what was asked for, oldest first, and goes on after a server that was away', async () => {
    const stopping = new AbortController();
    const started: string[] = [];
    let looks = 0;
    const dispatching = dispatchRequestedRuns({
      ...{ logger: createWorld().logger, signal: stopping.signal, pollMs: 1 },
      start: async ({ id }) => {
        looks += 1;
        if (looks === 1) throw new Error('Temporal is away');
        started.push(id);
        return true;
      },
      registry: {
        events: silent,
        listRuns: async ({ state } = {}) =>
          state === 'requested' ? ([{ id: 'younger' }, { id: 'older' }] as unknown as Run[]) : [],
      },
    });
    await eventually(() => started.length >= 2);
    stopping.abort();
    await dispatching;
    expect(started.slice(0, 2)).toEqual(['older', 'younger']);
  });
});

describe('dispatchCancellations', () => {
  it('tells the workflow, and closes the run itself where there is none', async () => {
    const stopping = new AbortController();
    const error = { code: 'cancelled', message: 'called off by ada: enough' };
    const states = new Map([
      ['told', 'cancelling'],
      ['alone', 'cancelling'],
    ]);
    const told: string[] = [];
    const dispatching = dispatchCancellations({
      ...{ logger: createWorld().logger, signal: stopping.signal, pollMs: 1 },
      cancel: async ({ id }) => {
        told.push(id);
        return id === 'told';
      },
      registry: {
        events: silent,
        listRuns: async ({ state } = {}) =>
          [...states].filter(([, at]) => at === state).map(([id]) => ({ id, error }) as unknown as Run),
        patchRun: async (id, patch) => {
          expect(patch).toEqual({ state: 'cancelled', error });
          states.set(id, 'cancelled');
          return { id } as Run;
        },
      },
    });
    await eventually(() => states.get('alone') === 'cancelled');
    stopping.abort();
    await dispatching;
    expect(told).toEqual(expect.arrayContaining(['told', 'alone']));
    expect(states.get('told')).toBe('cancelling');
  });
});

describe('syncSchedules', () => {
  const version = (name: string, trigger: object, enabled = true): PipelineVersion =>
    ({
      ...{ name, enabled },
      pipeline: pipelineSchema.parse({ schemaVersion: 'pipeline.v1', name, data: { dataset: 'flowers' }, trigger }),
    }) as PipelineVersion;

  it('makes, changes and removes schedules until they are as the pipelines say', async () => {
    const present = new Map([
      ['kept', '0 1 * * *'],
      ['changed', '0 1 * * *'],
      ['off', '0 1 * * *'],
      ['gone', '0 1 * * *'],
    ]);
    const acts: string[] = [];
    const options = {
      logger: createWorld().logger,
      registry: {
        listPipelines: async () => [
          version('kept', { on: 'schedule', cron: '0 1 * * *' }),
          version('changed', { on: 'schedule', cron: '0 2 * * *' }),
          version('off', { on: 'schedule', cron: '0 1 * * *' }, false),
          version('new', { on: 'schedule', cron: '0 4 * * *' }),
          version('landing', {}),
        ],
      },
      schedules: {
        list: async () => present,
        put: async (pipeline: string, cron: string) => {
          acts.push(`${pipeline} ${cron}`);
          present.set(pipeline, cron);
        },
        remove: async (pipeline: string) => {
          acts.push(`no ${pipeline}`);
          present.delete(pipeline);
        },
      },
    };
    await syncSchedules(options as never);
    expect(acts).toEqual(['changed 0 2 * * *', 'new 0 4 * * *', 'no off', 'no gone']);
    await syncSchedules(options as never);
    expect(acts).toHaveLength(4);
  });
});
