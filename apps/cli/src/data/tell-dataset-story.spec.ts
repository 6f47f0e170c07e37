import { describe, expect, it } from '@jest/globals';
import {
  datasetPolicySchema,
  datasetVersionSchema,
  digestOfText,
  type DatasetStory,
  type Ingestion,
  type WatchStatus,
} from '@graft/contracts';
import { tellDatasetStory } from './tell-dataset-story.js';

const AT = '2026-03-04T12:03:10.000Z';
const story = (fields: Partial<DatasetStory> = {}, dataset: Partial<DatasetStory['dataset']> = {}): DatasetStory => ({
  dataset: {
    ...{ name: 'insects', policy: datasetPolicySchema.parse({}), createdAt: AT, latestVersion: null },
    ...{ paused: null, corrections: 0, lookAskedAt: null },
    ...dataset,
  },
  ...{ watch: null, ingestions: [], latestVersion: null, pipelines: [] },
  ...fields,
});
const watch: WatchStatus = { state: 'idle', objects: null, lacking: [], dueAt: null, message: '', at: AT };
const ingestion: Ingestion = {
  ...{ id: 'ingest/insects/1', dataset: 'insects', state: 'succeeded', objects: 12, inspected: 12, corrections: 0 },
  ...{ datasetVersion: digestOfText('v'), newImages: 9, duplicates: 2, quarantined: 1, error: null },
  ...{ startedAt: AT, finishedAt: AT },
};

describe('tellDatasetStory', () => {
  it.each([
    ['nobody landed anything', story(), 'insects: nothing has landed yet: ./graft data land insects FOLDER'],
    [
      'it is paused',
      story({ watch }, { paused: { by: 'ada', at: AT } }),
      'insects: paused by ada since 2026-03-04 12:03:10Z: ./graft data resume insects takes in what landed meanwhile',
    ],
    [
      'it is paused, and something waits',
      story({ watch: { ...watch, state: 'paused', objects: 12 } }, { paused: { by: 'ada', at: AT } }),
      'insects: paused by ada since 2026-03-04 12:03:10Z: ./graft data resume insects takes in what landed, 12 objects up to now',
    ],
    [
      'images are landing',
      story({ watch: { ...watch, state: 'settling', dueAt: AT } }),
      'insects: images are landing: a version is made if it is quiet until 2026-03-04 12:03:10Z (./graft data look insects makes it now)',
    ],
    [
      'a label lacks images',
      story({ watch: { ...watch, state: 'waiting', lacking: [{ label: 'bees', images: 3, needed: 10 }] } }),
      'insects: waiting as long as it takes: bees has 3 of 10 images (./graft data look insects makes a version of what there is)',
    ],
    [
      'the whole lacks images, and labels do',
      story(
        { watch: { ...watch, state: 'waiting', objects: 8, lacking: [{ label: 'bees', images: 3, needed: 10 }] } },
        { policy: datasetPolicySchema.parse({ minNewImages: 50, minPerLabel: 10 }) },
      ),
      'insects: waiting as long as it takes: 8 of 50 new images landed, bees has 3 of 10 images (./graft data look insects makes a version of what there is)',
    ],
    [
      'the whole lacks images',
      story({ watch: { ...watch, state: 'waiting', dueAt: AT, message: '3 of 10 new images have landed' } }),
      'insects: waiting until 2026-03-04 12:03:10Z: 3 of 10 new images have landed (./graft data look insects makes a version of what there is)',
    ],
  ])('%s', (_name, told, line) => {
    expect(tellDatasetStory(told)[0]).toBe(line);
  });

  it('says which of what was left out are no landed objects, so that the numbers add up', () => {
    const archive = { ...ingestion, objects: 11, newImages: 5, duplicates: 0, quarantined: 11 };
    const told = (given: Partial<Ingestion>): string =>
      tellDatasetStory(story({ ingestions: [{ ...archive, ...given }] }))[3] ?? '';
    expect(told({})).toContain(
      'of 11 objects: 5 new images, 11 left out, 5 of them of archives or of the version before',
    );
    expect(told({ quarantined: 6 })).toContain('5 new images, 6 left out (./graft');
    // A correction takes images in that landed before.
    expect(told({ corrections: 3 })).toContain('5 new images, 11 left out (./graft');
  });
  it('tells of what was left out since the latest version', () => {
    expect(tellDatasetStory(story(), 2)[2]).toBe('no version yet; 2 left out (./graft data quarantine insects)');
  });

  it('tells of batches that wait for their manifest, also where nothing else ever landed', () => {
    const batches = { batches: [{ prefix: 'insects/@may/', objects: 2 }], complete: true };
    expect(tellDatasetStory(story(), 0, new Map(), batches).slice(0, 2)).toEqual([
      'insects: nothing has been looked at yet',
      "  insects/@may/: 2 objects wait for the batch's manifest (insects/@may/manifest.csv or manifest.jsonl: docs/data.md)",
    ]);
    expect(tellDatasetStory(story({ watch }), 0, new Map(), batches)[0]).toContain('insects: idle since');
  });

  it('tells of the last ingestions, what they left out, and each pipeline', () => {
    const latestVersion = datasetVersionSchema.parse({
      ...{ id: digestOfText('v'), dataset: 'insects', number: 3, parent: null, labels: ['ants', 'bees'], images: 100 },
      ...{ newImages: 9, bySplit: { train: 70, val: 10, test: 20 }, bySource: {}, quarantine: null, quarantined: 4 },
      ...{ ingestSeconds: 1, createdAt: AT },
    });
    const failed: Ingestion = {
      ...{ ...ingestion, state: 'failed', datasetVersion: null },
      error: { code: 'unavailable', message: 'no bucket' },
    };
    const lines = tellDatasetStory(
      story(
        {
          ...{ watch, latestVersion, ingestions: [ingestion, failed] },
          pipelines: [
            { pipeline: 'quick', reason: 'disabled', message: 'it is switched off', runId: null, notBefore: null },
            { pipeline: 'careful', reason: 'starts', message: 'a run starts', runId: null, notBefore: null },
          ],
        },
        { corrections: 2 },
      ),
      0,
      new Map([[digestOfText('v'), 3]]),
    );
    const short = digestOfText('v').slice(0, 12);
    expect(lines).toEqual([
      'insects: idle since 2026-03-04 12:03:10Z: ',
      '  2 corrections in no version yet',
      '',
      'last ingestions',
      `  2026-03-04 12:03:10Z  version 3 (${short}) of 12 objects: 9 new images, 2 duplicates, 1 left out (./graft data quarantine insects)`,
      '  2026-03-04 12:03:10Z  failed on 12 objects: no bucket',
      '',
      `latest version 3 (${short}) of 2026-03-04 12:03:10Z: 100 images of 2 labels, 9 of them new, 4 in quarantine`,
      '  quick    it is switched off',
      '  careful  a run starts',
    ]);
  });
});
