import { stripVTControlCharacters } from 'node:util';
import type { Drift, Evaluation, GateVerdict, ModelVersion } from '@graft/contracts';
import { describe, expect, it } from '@jest/globals';
import { tellInsufficient } from './commands/promote.js';
import { servesOf } from './commands/review.js';
import { formatReport } from './report.js';

const interval = (value: number) => ({ value, lower: value - 0.1, upper: value + 0.05, n: 40 });
const variantOf = (
  variant: string,
  gateVerdict: GateVerdict,
  accuracy: number,
  latencyP50Ms: number,
  megabytes: number,
) => ({
  variant,
  artifactDigest: 'a'.repeat(64),
  reportDigest: 'b'.repeat(64),
  gateVerdict,
  accuracy: interval(accuracy),
  latencyP50Ms,
  sizeBytes: megabytes * 1e6,
});
const paired = {
  images: 40,
  bothRight: 28,
  onlyCandidateRight: 1,
  onlyChampionRight: 3,
  bothWrong: 8,
  difference: { value: -0.05, lower: -0.12, upper: 0.02, n: 40 },
  mcnemarP: 0.6,
  perClass: [],
  fixed: [],
  broken: [],
};
const latency = { p50Ms: 3.14, p99Ms: 5, rounds: 30, cpuClass: 'avx2' };
const report: Evaluation = {
  schemaVersion: 'evaluation.v1',
  variant: 'int8',
  artifactDigest: 'a'.repeat(64),
  sizeBytes: 3_600_000,
  datasetVersion: 'c'.repeat(64),
  split: 'test',
  labels: ['ants', 'bees'],
  metrics: {
    images: 40,
    accuracy: interval(0.7),
    balancedAccuracy: 0.7,
    macroF1: 0.7,
    ece: 0.1,
    perClass: [],
    confusion: [],
    accuracyBySource: {},
  },
  latency,
  predictionsDigest: 'd'.repeat(64),
  champion: null,
  original: {
    variant: 'fp32',
    artifactDigest: 'e'.repeat(64),
    accuracy: interval(0.75),
    latency,
    sizeBytes: 13_000_000,
    paired,
  },
  earlierLooks: 0,
  gate: { verdict: 'pass', superior: false, checks: [] },
};

const told = (
  variants: ModelVersion['variants'],
  change: Partial<Evaluation> = {},
  more: { others?: Evaluation[]; drift?: Drift } = {},
): string => {
  const version = {
    model: 'insects',
    version: 2,
    state: 'candidate',
    variant: 'int8',
    variants,
    reportDigest: 'b'.repeat(64),
  };
  return stripVTControlCharacters(
    formatReport({ version: version as ModelVersion, report: { ...report, ...change }, drift: null, ...more }),
  );
};

describe('a report of a version in variants', () => {
  const variants = [variantOf('int8', 'pass', 0.7, 3.14, 3.6), variantOf('fp32', 'insufficient', 0.75, 6.2, 13)];

  it('shows them side by side, and which one is preferred', () => {
    const lines = told(variants).split('\n');
    expect(lines.find((line) => /^\s*int8/.test(line))).toMatch(
      /0\.700 \[0\.600–0\.750\]\s+3\.1 ms\s+3\.6 MB\s+pass\s+preferred/,
    );
    expect(lines.find((line) => /^\s*fp32/.test(line))).toMatch(
      /0\.750 \[0\.650–0\.800\]\s+6\.2 ms\s+13\.0 MB\s+insufficient\s+its verdict is worse than that of int8\s*$/,
    );
  });

  it('says why the others are not preferred: what the gate missed, or their place in the pipeline', () => {
    const checks = [
      { name: 'test-images', verdict: 'pass' as const, detail: '45 test images' },
      { name: 'not-inferior', verdict: 'insufficient' as const, detail: 'needs 120 test images' },
    ];
    const fp32: Evaluation = { ...report, variant: 'fp32', gate: { verdict: 'insufficient', superior: false, checks } };
    const lines = told(variants, {}, { others: [fp32] });
    expect(lines).toContain('\n  fp32: insufficient not-inferior: needs 120 test images\n');
    expect(lines).not.toContain('fp32: pass');
    const equal = [variantOf('int8', 'pass', 0.7, 3.14, 3.6), variantOf('fp32', 'pass', 0.75, 6.2, 13)];
    expect(told(equal)).toContain('as good a verdict, but the pipeline lists int8 before it');
  });

  it('tells what the one that is preferred lost against the form it was made from', () => {
    expect(told(variants)).toContain(
      'against fp32, which it was made from, on the same 40 images: difference -0.050 [-0.120–0.020], 1 fixed, 3 broken',
    );
    expect(told(variants, { original: null })).not.toContain('made from');
  });

  it('shows no table where there is one alone', () => {
    expect(told(variants.slice(0, 1))).not.toContain('preferred');
    expect(told([])).not.toContain('preferred');
  });
});

describe('drift in a report', () => {
  const calm = { detected: false, p: 0.4 };
  const measure = (name: string, detected: boolean, referenceMedian: number, newMedian: number) => ({
    ...{ measure: name, detected, referenceMedian, newMedian, pHolm: 0.001 },
  });
  const shown = (change: object): string => {
    const drift = { newImages: 40, features: calm, labels: calm, quality: null, ...change } as Drift;
    return told([], {}, { drift }).split('\n').at(-1) ?? '';
  };

  it('says how new images differ, in every way that was found', () => {
    const features = { detected: true, p: 0.002 };
    expect(shown({ features })).toBe(
      'drift: the 40 new training images look different (p 0.0020) from those the champion learned from',
    );
    expect(shown({ features, labels: { detected: true, p: 0.01 } })).toContain(
      'look different (p 0.0020) and are labelled in other proportions (p 0.010) from',
    );
  });

  it('says which way brightness, contrast, sharpness and size went, and where medians agree', () => {
    const measures = [
      measure('brightness', true, 0.5, 0.25),
      measure('contrast', false, 0.1, 0.2),
      measure('pixels', true, 250_000, 1_000_000),
      measure('aspect', true, 1.5, 1.5),
    ];
    expect(shown({ quality: { measures } })).toBe(
      'drift: the 40 new training images are darker (median 0.25, before 0.5; p 0.0010), ' +
        'have more pixels (median 1000000, before 250000; p 0.0010) and ' +
        'differ in aspect (median 1.5, before 1.5; p 0.0010) from those the champion learned from',
    );
    const up = [measure('sharpness', true, 10, 20), measure('contrast', true, 0.2, 0.1)];
    expect(shown({ quality: { measures: up } })).toContain(
      'are sharper (median 20, before 10; p 0.0010) and have less',
    );
  });

  it('says that none was found, or that there were too few images to tell', () => {
    expect(shown({})).toBe('drift: none found in 40 new training images');
    expect(shown({ newImages: 4, features: null, labels: null })).toBe(
      'drift: too few images to tell (4 new training images)',
    );
    expect(told([])).not.toContain('drift');
  });
});

describe('what serves', () => {
  it('is told of by environment and form', () => {
    const champions = {
      production: { version: 2, variant: 'int8' as const, generation: 3 },
      staging: { version: 1, variant: 'fp32' as const, generation: 1 },
    };
    expect(servesOf(champions, 2)).toEqual([{ environment: 'production', variant: 'int8', generation: 3 }]);
    expect(servesOf(champions, 3)).toEqual([]);
  });

  it('is warned of where the gate found too little evidence for it', () => {
    expect(stripVTControlCharacters(tellInsufficient('insects', 2, 'int8'))).toBe(
      'warning the gate found the evidence for int8 insufficient: serving it rests on your judgment (./graft review insects 2 tells what is missing)',
    );
  });
});

describe('a report of an evaluation', () => {
  it('shows accuracy by what pictures are like, and marks what is worse than the whole beyond chance', () => {
    const slices: Evaluation['slices'] = [
      { by: 'size', name: 'below 128 px', accuracy: { value: 0.4, lower: 0.2, upper: 0.6, n: 20 } },
      { by: 'brightness', name: 'medium', accuracy: { value: 0.65, lower: 0.5, upper: 0.8, n: 30 } },
    ];
    const reliability = [
      { lower: 0.6, upper: 0.7, confidence: 0.65, accuracy: interval(0.6) },
      { lower: 0.9, upper: 1, confidence: 0.97, accuracy: interval(0.8) },
    ];
    const text = told([], { slices, metrics: { ...report.metrics, reliability } });
    expect(text).toMatch(/size +below 128 px +20 +0\.400 .*worse than the whole/);
    expect(text).toMatch(/brightness +medium +30 +0\.650 \S+ *\n/);
    expect(text).toContain('where it is surest (0.970 on average), it is right in 0.800');
  });
});
