import { describe, expect, it } from '@jest/globals';
import {
  baseVariant,
  modelOf,
  pipelineDigest,
  pipelineSchema,
  reviewTimes,
  trainDigest,
  variantsOf,
} from './pipeline.js';

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
      trigger: { on: 'request' },
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
    const review = { remindEveryHours: 24, expireAfterDays: 30 };
    const written = pipelineSchema.parse({ ...minimal, train: { seed: 0 }, variants: ['fp32'], review });
    expect(pipelineDigest(written)).toBe(pipelineDigest(minimal));
  });

  it('has candidates wait for 30 days with a reminder a day, unless it says otherwise', () => {
    const timesOf = (review: object) => reviewTimes(pipelineSchema.parse({ ...minimal, review }).review);
    expect(timesOf({})).toEqual({ remindEverySeconds: 86_400, expireAfterSeconds: 2_592_000 });
    expect(timesOf({ remindEveryHours: null, expireAfterDays: 0.5 })).toEqual({
      remindEverySeconds: null,
      expireAfterSeconds: 43_200,
    });
  });

  describe('with variants', () => {
    const issuesOf = (change: object) =>
      pipelineSchema.safeParse({ ...minimal, ...change }).error?.issues.map(({ path, message }) => ({ path, message }));

    it('has the one that training ends in, unless it lists others', () => {
      expect(variantsOf(minimal)).toEqual(['fp32']);
      const frozenInt8 = pipelineSchema.parse({ ...minimal, train: { embedder: 'int8' } });
      expect(baseVariant(frozenInt8)).toBe('int8');
      expect(variantsOf(frozenInt8)).toEqual(['int8']);
      const listed = pipelineSchema.parse({ ...minimal, variants: ['int8', 'fp32', 'pruned60-int8'] });
      expect(variantsOf(listed)).toEqual(['int8', 'fp32', 'pruned60-int8']);
    });

    it('trains again when they change', () => {
      const other = pipelineSchema.parse({ ...minimal, variants: ['int8', 'fp32'] });
      expect(trainDigest(other)).not.toBe(trainDigest(minimal));
    });

    it('refuses one twice, an unknown one, and none at all', () => {
      expect(issuesOf({ variants: ['int8', 'fp32', 'int8'] })).toEqual([
        { path: ['variants'], message: 'each variant once' },
      ]);
      expect(issuesOf({ variants: ['fp32', 'int4'] })).toEqual([
        { path: ['variants', 1], message: expect.stringMatching(/^expected a variant .* got "int4"$/) },
      ]);
      expect(issuesOf({ variants: [] })).toHaveLength(1);
    });

    it.each(['full', 'scratch', 'auto'])('refuses an int8 embedder where %s trains, which has none', (strategy) => {
      expect(issuesOf({ train: { strategy, embedder: 'int8' } })).toEqual([
        {
          path: ['train', 'embedder'],
          message: expect.stringMatching(
            new RegExp(`\`head\` and \`partial\` train on, got strategy \`${strategy}\`: .*int8 among the variants`),
          ),
        },
      ]);
    });

    it('refuses other variants of what is trained on an int8 embedder', () => {
      const train = { strategy: 'partial', embedder: 'int8' };
      expect(issuesOf({ train, variants: ['int8'] })).toBeUndefined();
      expect(issuesOf({ train, variants: ['int8', 'fp32'] })).toEqual([
        { path: ['variants', 1], message: expect.stringContaining('Use the fp32 embedder for others') },
      ]);
    });
  });
});
