import { stripVTControlCharacters } from 'node:util';
import type { Trial } from '@graft/contracts';
import { describe, expect, it } from '@jest/globals';
import { formatTrial } from './tell-trial.js';

const trial: Trial = {
  ...{ id: '0190c5a2-0000-7000-8000-000000000000', model: 'insects', environment: 'production', role: 'canary' },
  ...{ version: 3, variant: 'int8', artifactDigest: 'a'.repeat(64), championVersion: 2 },
  policy: { steps: [1, 5, 25], stepSeconds: 600, stepRequests: 100, alpha: 0.05, promote: true },
  ...{ state: 'running', step: 1, stepSince: '2026-01-01T10:00:00Z', stepRequests: 42 },
  evidence: {
    errors: { champion: { n: 900, bad: 9 }, trial: { n: 50, bad: 0 }, p: 1 },
    latency: { champion: { n: 891, bad: 44 }, trial: { n: 50, bad: 6 }, p: 0.25 },
    labels: { champion: { n: 0, bad: 0 }, trial: { n: 0, bad: 0 }, p: 1 },
  },
  agreement: { compared: 0, differ: 0 },
  ...{ by: 'ada', reason: 'smaller', at: '2026-01-01T09:00:00Z', ended: null },
};
const tell = (one: Trial): string => stripVTControlCharacters(formatTrial(one)).replaceAll(/ +/g, ' ');

describe('formatTrial', () => {
  it('tells where it stands, and what is known of both', () => {
    const told = tell(trial);
    expect(told).toMatch(/^canary of insects version 3 \(int8\) in production, beside version 2: runs\n/);
    expect(told).toMatch(
      /now 5% of requests \(step 2 of 3\) since .*, 42 requests in it; at least 100 requests and 600 s in each/,
    );
    expect(told).toMatch(/failed requests 1\.0% \(9 of 900\) 0\.0% \(0 of 50\) 1\.0000 \(taken back at 0\.0167\)/);
    expect(told).toMatch(/wrong answers \(true labels\) – – 1\.0000/);
    expect(told).not.toMatch(/both gave/);
  });

  it('tells how it ended, and of a shadow how often it differed', () => {
    const ended = { at: '2026-01-01T11:00:00Z', by: 'registry', reason: 'the shadow was worse: slow answers' };
    const told = tell({
      ...trial,
      role: 'shadow',
      state: 'rolled_back',
      ended,
      agreement: { compared: 40, differ: 3 },
    });
    expect(told).toMatch(/: was taken back\n/);
    expect(told).toMatch(/ended by registry, .*: the shadow was worse: slow answers\n/);
    expect(told).toMatch(/answers 3 of 40 that both gave were different/);
  });
});
