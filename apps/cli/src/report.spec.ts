import { stripVTControlCharacters } from 'node:util';
import type { Evaluation, GateVerdict, ModelVersion } from '@graft/contracts';
import { describe, expect, it } from '@jest/globals';
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

const told = (variants: ModelVersion['variants'], change: Partial<Evaluation> = {}): string => {
  const version = {
    model: 'insects',
    version: 2,
    state: 'candidate',
    variant: 'int8',
    variants,
    reportDigest: 'b'.repeat(64),
  };
  return stripVTControlCharacters(
    formatReport({ version: version as ModelVersion, report: { ...report, ...change }, drift: null }),
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
      /0\.750 \[0\.650–0\.800\]\s+6\.2 ms\s+13\.0 MB\s+insufficient\s*$/,
    );
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
