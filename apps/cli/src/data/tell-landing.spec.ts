import { describe, expect, it } from '@jest/globals';
import { datasetPolicySchema, pipelineSchema, type PipelineVersion } from '@graft/contracts';
import { tellLanding } from './tell-landing.js';

const pipeline = (name: string, trigger: object = {}, enabled = true): PipelineVersion => ({
  name,
  number: 1,
  digest: 'a'.repeat(64),
  pipeline: pipelineSchema.parse({ schemaVersion: 'pipeline.v1', name, data: { dataset: 'bugs' }, trigger }),
  yaml: '',
  enabled,
  createdAt: '2026-01-01T00:00:00Z',
});
const dataset = { name: 'bugs', policy: datasetPolicySchema.parse({ quietSeconds: 30 }), paused: null };

describe('tellLanding', () => {
  it('names the runs that start by themselves', () => {
    const others = [pipeline('nightly', { on: 'schedule', cron: '0 3 * * *' }), pipeline('off', {}, false)];
    const told = tellLanding(dataset, [pipeline('edge'), pipeline('careful', { on: 'drift' }), ...others]).join(' ');
    expect(told).toContain('after 30 quiet seconds what is new becomes a version');
    expect(told).toContain('a run of edge and careful starts');
    expect(tellLanding(dataset, others).join(' ')).toContain('no run starts by itself (./graft runs start nightly)');
    expect(tellLanding(dataset, []).join(' ')).toContain('no pipeline learns from it yet');
  });
  it('says what it waits for', () => {
    const choosy = { ...dataset, policy: { ...dataset.policy, minNewImages: 50 } };
    expect(tellLanding(choosy, []).join(' ')).toContain('once there are 50 new images');
    const paused = { ...dataset, paused: { by: 'ada', at: '2026-01-01T00:00:00Z' } };
    expect(tellLanding(paused, [pipeline('edge')])).toEqual([
      'dataset bugs is paused by ada: nothing comes of it before ./graft data resume bugs',
    ]);
  });
});
