import { describe, expect, it } from '@jest/globals';
import {
  datasetPolicySchema,
  pipelineSchema,
  runSchema,
  type PipelineVersion,
  type Run,
  type RunFilter,
} from '@graft/contracts';
import { readStartObstacles, tellLanding } from './tell-landing.js';

const pipeline = (name: string, trigger: object = {}, enabled = true, rest: object = {}): PipelineVersion => ({
  name,
  number: 1,
  digest: 'a'.repeat(64),
  pipeline: pipelineSchema.parse({ schemaVersion: 'pipeline.v1', name, data: { dataset: 'bugs' }, trigger, ...rest }),
  yaml: '',
  enabled,
  createdAt: '2026-01-01T00:00:00Z',
});
const NONE = { budgets: new Map<string, Date>(), leaks: 0 };
const dataset = { name: 'bugs', policy: datasetPolicySchema.parse({ quietSeconds: 30 }), paused: null };

describe('tellLanding', () => {
  it('names the runs that start by themselves', () => {
    const others = [pipeline('nightly', { on: 'schedule', cron: '0 3 * * *' }), pipeline('off', {}, false)];
    const told = tellLanding(dataset, [pipeline('edge'), pipeline('careful', { on: 'drift' }), ...others], NONE).join(
      ' ',
    );
    expect(told).toContain('after 30 quiet seconds what is new becomes a version');
    expect(told).toContain('a run of edge and careful starts');
    expect(tellLanding(dataset, others, NONE).join(' ')).toContain(
      'no run starts by itself (./graft runs start nightly --reason TEXT)',
    );
    expect(tellLanding(dataset, [], NONE).join(' ')).toContain('no pipeline learns from it yet');
  });
  it('says what it waits for', () => {
    const choosy = { ...dataset, policy: { ...dataset.policy, minNewImages: 50 } };
    expect(tellLanding(choosy, [], NONE).join(' ')).toContain('once there are 50 new images');
    const paused = { ...dataset, paused: { by: 'ada', at: '2026-01-01T00:00:00Z' } };
    expect(tellLanding(paused, [pipeline('edge')], NONE)).toEqual([
      'dataset bugs is paused by ada: nothing comes of it before ./graft data resume bugs',
    ]);
  });
});

describe('a landing of which no run comes', () => {
  const now = new Date('2026-03-04T12:00:00Z');
  const run = (fields: Partial<Run>): Run =>
    runSchema.parse({
      ...{ id: 'r', pipeline: 'edge', pipelineDigest: 'a'.repeat(64), trainDigest: 'a'.repeat(64) },
      ...{ datasetVersion: 'b'.repeat(64), attempt: 1, workflowId: 'w', state: 'succeeded', stage: 'register' },
      ...{ embedded: null, reused: null, checkpoint: null, version: 1, error: null, asked: null },
      ...{ createdAt: '2026-03-04T10:00:00.000Z', finishedAt: null },
      ...fields,
    });
  const edge = pipeline('edge', {}, true, { maxRunsPerDay: 1 });
  const told = async (
    runs: readonly Run[],
    { pipelines = [edge], leaks = 0 }: { pipelines?: readonly PipelineVersion[]; leaks?: number } = {},
  ): Promise<string> => {
    const registry = {
      listRuns: async (filter?: RunFilter) => runs.filter((each) => each.pipeline === filter?.pipeline),
    };
    const { policy } = dataset;
    const asked = { pipelines, policy, datasetVersion: { leaks }, now };
    return tellLanding(dataset, pipelines, await readStartObstacles(registry, asked)).join(' ');
  };

  it('says that the budget is used up, and until when', async () => {
    expect(await told([])).toContain('a run of edge starts');
    expect(await told([run({ state: 'failed', stage: 'plan' })])).toContain('a run of edge starts');
    expect(await told([run({})])).toContain(
      'no run starts by itself for now: none of edge before 2026-03-05 10:00:00Z, as its runs of 24 hours have been had (./graft runs start edge --reason TEXT starts one at once)',
    );
    expect(await told([run({})], { pipelines: [edge, pipeline('free')] })).toContain(
      'a run of free starts (./graft runs list), none of edge before 2026-03-05 10:00:00Z, as its runs of 24 hours have been had',
    );
  });

  it('says that what leaks has to be looked at first', async () => {
    expect(await told([], { leaks: 2 })).toContain(
      'no run starts before a person has looked at 2 images that would be both trained on and tested on (./graft data quarantine bugs)',
    );
  });
});
