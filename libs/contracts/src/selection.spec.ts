import { describe, expect, it } from '@jest/globals';
import { candidateNameSchema, parseCandidate, selectionDigest, selectionRequestSchema } from './selection.js';

const REQUEST = {
  schemaVersion: 'selection-request.v1',
  dataset: 'photos',
  datasetVersion: 'a'.repeat(64),
  candidates: ['efficientnet_lite0', 'resnet50.tv2_in1k:int8', 'efficientnet_lite0:pruned60-int8'],
};

describe('a candidate', () => {
  it('is a backbone, or a form of one', () => {
    expect(REQUEST.candidates.map((name) => parseCandidate(candidateNameSchema.parse(name)))).toEqual([
      { backbone: 'efficientnet_lite0', variant: 'fp32' },
      { backbone: 'resnet50.tv2_in1k', variant: 'int8' },
      { backbone: 'efficientnet_lite0', variant: 'pruned60-int8' },
    ]);
  });

  it.each(['', ':int8', 'net:int4', 'net:pruned5', 'net:int8:int8', 'a b'])('is never %j', (name) => {
    expect(candidateNameSchema.safeParse(name).success).toBe(false);
  });
});

describe('a selection request', () => {
  it('is the same one whether defaults are written or left out', () => {
    const short = selectionRequestSchema.parse(REQUEST);
    const long = selectionRequestSchema.parse({ ...REQUEST, limits: {}, finalists: 2, strategy: 'auto', seed: 0 });
    expect(selectionDigest(long)).toBe(selectionDigest(short));
    expect(selectionDigest({ ...short, seed: 1 })).not.toBe(selectionDigest(short));
  });

  it('names each candidate once', () => {
    expect(selectionRequestSchema.safeParse({ ...REQUEST, candidates: ['a', 'a'] }).success).toBe(false);
  });
});
