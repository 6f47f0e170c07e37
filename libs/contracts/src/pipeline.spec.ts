import { describe, expect, it } from '@jest/globals';
import { modelOf, pipelineDigest, pipelineSchema, trainDigest } from './pipeline.js';

const minimal = pipelineSchema.parse({ schemaVersion: 'pipeline.v1', name: 'insects', data: { dataset: 'photos' } });

describe('a pipeline', () => {
  it('needs a name and a dataset alone; everything else has a default', () => {
    expect(minimal.train).toMatchObject({ backbone: 'efficientnet_lite0', strategy: 'head' });
    expect(minimal.gate).toMatchObject({ margin: 0.01, alpha: 0.05, onInsufficient: 'review' });
    expect(minimal.rollout.environment).toBe('production');
    expect(modelOf(minimal)).toBe('insects');
    expect(modelOf({ ...minimal, model: 'bugs' })).toBe('bugs');
  });

  it('trains again when what decides the weights changes, and only then', () => {
    const otherGate = pipelineSchema.parse({
      ...minimal,
      gate: { margin: 0.05 },
      review: { approvals: 2 },
      rollout: { quorum: 0.5 },
      maxRunsPerDay: 3,
    });
    const otherSeed = pipelineSchema.parse({ ...minimal, train: { ...minimal.train, seed: 1 } });
    expect(trainDigest(otherGate)).toBe(trainDigest(minimal));
    expect(pipelineDigest(otherGate)).not.toBe(pipelineDigest(minimal));
    expect(trainDigest(otherSeed)).not.toBe(trainDigest(minimal));
  });

  it('says what to do for a backbone that would stay untuned', () => {
    const refused = (train: object): string | undefined =>
      pipelineSchema.safeParse({ ...minimal, train }).error?.issues[0]?.message;
    expect(refused({ strategy: 'none' })).toContain('choose `head`');
    expect(refused({ epochs: 0 })).toContain('untuned backbone');
    expect(refused({ strategy: 'magic' })).toContain('"partial"');
  });

  it('has the same digest whether a default is written or left out', () => {
    const written = pipelineSchema.parse({ ...minimal, train: { seed: 0 }, variants: ['fp32'] });
    expect(pipelineDigest(written)).toBe(pipelineDigest(minimal));
  });
});
