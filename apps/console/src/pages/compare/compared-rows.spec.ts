import { describe, expect, it } from '@jest/globals';
import type { ModelVersion } from '@graft/contracts';
import { differences } from './compared-rows.js';

const version = (backbone: string): ModelVersion =>
  ({
    variant: 'fp32',
    signature: { labels: ['ants', 'bees'] },
    lineage: {
      ...{ runId: 'a', pipeline: 'insects', pipelineDigest: 'p'.repeat(64), trainDigest: 't'.repeat(64) },
      ...{ datasetVersion: 'd'.repeat(64), code: { graft: '0.1.0', commit: null } },
      embedder: { backbone, cut: 'global_pool', precision: 'fp32', weightsDigest: 'w'.repeat(64) },
    },
  }) as unknown as ModelVersion;

describe('differences', () => {
  it('are what not all versions have alike, and nothing else', () => {
    expect(differences([version('resnet18'), version('resnet50')])).toEqual([
      { name: 'backbone', values: ['resnet18', 'resnet50'] },
    ]);
    expect(differences([version('resnet18'), version('resnet18')])).toEqual([]);
  });
});
