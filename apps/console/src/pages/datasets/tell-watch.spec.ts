import { datasetPolicySchema, type DatasetStory, type WatchStatus } from '@graft/contracts';
import { describe, expect, it } from '@jest/globals';
import { tellPolicy, tellWatch } from './tell-watch.js';

const NOW = '2026-01-02T03:04:05.678Z';
const dataset: DatasetStory['dataset'] = {
  ...{ name: 'insects', policy: datasetPolicySchema.parse({ minNewImages: 50 }), createdAt: NOW, latestVersion: null },
  ...{ paused: null, corrections: 0, lookAskedAt: null },
};
const watch: WatchStatus = { state: 'idle', objects: 3, lacking: [], dueAt: null, message: 'nothing landed', at: NOW };
const story = (more: Partial<DatasetStory>): DatasetStory => ({
  ...{ dataset, watch, ingestions: [], latestVersion: null, pipelines: [] },
  ...more,
});

describe('tellWatch', () => {
  it('says what is missing while it waits', () => {
    const lacking = Array.from({ length: 7 }, (_, at) => ({ label: `label-${at}`, images: at, needed: 10 }));
    const { state, words, dueAt } = tellWatch(story({ watch: { ...watch, state: 'waiting', lacking, dueAt: NOW } }));
    expect({ state, dueAt }).toEqual({ state: 'waiting', dueAt: NOW });
    expect(words).toMatch(/^3 of 50 new images landed, label-0 has 0 of 10 images, .*, 2 more labels without enough/);
  });

  it('says who paused it, but not while a version is still made', () => {
    const paused = { ...dataset, paused: { by: 'ada', at: NOW } };
    expect(tellWatch(story({ dataset: paused }))).toEqual({
      ...{ state: 'paused', dueAt: null, words: expect.stringMatching(/ada.*3 objects/) },
    });
    expect(tellWatch(story({ dataset: paused, watch: { ...watch, state: 'ingesting' } })).state).toBe('ingesting');
  });

  it('tells a dataset that nobody landed in from one that nobody looks at', () => {
    expect(tellWatch(story({ watch: null })).words).toBe('nothing has landed yet');
    expect(tellWatch(story({ watch: null, dataset: { ...dataset, lookAskedAt: NOW } })).words).toMatch(/orchestrator/);
  });
});

it('tellPolicy says when a version is made', () => {
  expect(tellPolicy({ ...dataset.policy, maxWaitSeconds: null, quietSeconds: 1 })).toBe(
    'after 1 quiet second, however long that takes, of 50 new images and 1 image a label at least',
  );
});
