import { AppError, type VersionState } from '@graft/contracts';
import { describe, expect, it } from '@jest/globals';
import { laggards } from './promote.js';
import { registerVersion, type Registration } from './register-version.js';
import { ruleApproval, ruleRejection, type Decision, type ReviewSituation } from './review-decision.js';
import { rollbackTarget, servingHistory, type RollbackSituation } from './rollback-target.js';

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (thrown) {
    return thrown instanceof AppError ? thrown.code : 'a defect';
  }
  return 'none';
};

describe('registerVersion', () => {
  const base: Registration = {
    verdict: 'pass',
    blocked: false,
    autoPromote: true,
    suspended: false,
    championGeneration: 3,
    currentGeneration: 3,
  };

  it.each([
    ['passes, and the pipeline promotes by itself', {}, 'approved'],
    ['passes, and a person decides', { autoPromote: false }, 'candidate'],
    ['passes while automatic promotion is suspended', { suspended: true }, 'candidate'],
    ['was compared with a champion that is gone', { championGeneration: 2 }, 'candidate'],
    ['has too little evidence', { verdict: 'insufficient' }, 'candidate'],
    ['has too little evidence, which the policy blocks', { verdict: 'insufficient', blocked: true }, 'blocked'],
    ['fails', { verdict: 'fail' }, 'blocked'],
  ] as const)('a version that %s', (_name, change, state) => {
    expect(registerVersion({ ...base, ...change }).state).toBe(state);
  });
});

describe('reviews', () => {
  const situation: ReviewSituation = {
    model: 'flowers',
    version: 2,
    environment: 'production',
    state: 'candidate',
    reportDigest: 'r',
    gateVerdict: 'pass',
    championGeneration: 1,
    currentGeneration: 1,
    requiredApprovals: 2,
    approvedBy: [],
  };
  const decision: Decision = { by: 'zoe', reportDigest: 'r', championGeneration: 1, overrideGate: false };

  it('count different people', () => {
    expect(ruleApproval(situation, decision)).toEqual({ record: true, state: 'candidate' });
    const one = { ...situation, approvedBy: ['zoe'] };
    expect(ruleApproval(one, decision)).toEqual({ record: false, state: 'candidate' });
    expect(ruleApproval(one, { ...decision, by: 'kay' })).toEqual({ record: true, state: 'approved' });
  });

  it('end when the report or the champion is another', () => {
    expect(codeOf(() => ruleApproval(situation, { ...decision, reportDigest: 'x' }))).toBe('stale_generation');
    expect(codeOf(() => ruleApproval(situation, { ...decision, championGeneration: 0 }))).toBe('stale_generation');
    const moved = { ...situation, currentGeneration: 2 };
    expect(codeOf(() => ruleApproval(moved, decision))).toBe('stale_generation');
    expect(ruleRejection(moved, decision)).toEqual({ record: true, state: 'rejected' });
  });

  it('judge a withdrawn version against what is served today', () => {
    const withdrawn: ReviewSituation = { ...situation, state: 'withdrawn', currentGeneration: 5, requiredApprovals: 1 };
    expect(codeOf(() => ruleApproval(withdrawn, decision))).toBe('stale_generation');
    expect(ruleApproval(withdrawn, { ...decision, championGeneration: 5 }).state).toBe('approved');
  });

  it('of a version whose gate failed need the override', () => {
    const failed: ReviewSituation = { ...situation, state: 'blocked', gateVerdict: 'fail', requiredApprovals: 1 };
    expect(codeOf(() => ruleApproval(failed, decision))).toBe('refused');
    expect(ruleApproval(failed, { ...decision, overrideGate: true }).state).toBe('approved');
  });

  it('are over once decided', () => {
    for (const state of ['rejected', 'superseded', 'approved'] as const) {
      expect(codeOf(() => ruleApproval({ ...situation, state }, decision))).toBe('conflict');
    }
    for (const state of ['approved', 'superseded', 'withdrawn'] as const) {
      expect(codeOf(() => ruleRejection({ ...situation, state }, decision))).toBe('conflict');
    }
  });
});

describe('rollbackTarget', () => {
  /** "+3" promotes version 3, "-1" rolls back to version 1. */
  const entries = (...acts: string[]): RollbackSituation['entries'] =>
    acts.map((act) => ({ action: act.startsWith('+') ? 'promote' : 'rollback', version: Number(act.slice(1)) }));
  const target = (acts: string[], withdrawn: number[] = [], toVersion?: number): number =>
    rollbackTarget({
      model: 'flowers',
      environment: 'production',
      entries: entries(...acts),
      states: new Map(
        acts.map((act): [number, VersionState] => {
          const version = Number(act.slice(1));
          return [version, withdrawn.includes(version) ? 'withdrawn' : 'approved'];
        }),
      ),
      ...(toVersion === undefined ? {} : { toVersion }),
    });

  it('is what served before, as an undo history', () => {
    expect(servingHistory(entries('+1', '+2', '+3', '-1', '+4'))).toEqual([1, 4]);
    expect(target(['+1', '+2'])).toBe(1);
    expect(target(['+1', '+2', '+3', '-2'], [3])).toBe(1);
    expect(target(['+1', '+3', '+2'])).toBe(3);
    expect(target(['+1', '+2', '-1', '+3'], [2])).toBe(1);
    expect(target(['+1', '+2', '+1'])).toBe(2);
  });

  it('skips what is withdrawn, and what was skipped on purpose', () => {
    expect(target(['+1', '+2', '+3'], [2])).toBe(1);
    expect(codeOf(() => target(['+1', '+2', '+3', '-1'], [3]))).toBe('refused');
  });

  it('is refused where there is nothing to go back to', () => {
    expect(codeOf(() => target([]))).toBe('refused');
    expect(codeOf(() => target(['+1']))).toBe('refused');
    expect(codeOf(() => target(['+1', '+2', '-1'], [2]))).toBe('refused');
  });

  it('may be named, if it was served there and stands', () => {
    expect(target(['+1', '+2', '+3'], [], 1)).toBe(1);
    expect(codeOf(() => target(['+1', '+2'], [], 2))).toBe('refused');
    expect(codeOf(() => target(['+1', '+2'], [], 7))).toBe('refused');
    expect(codeOf(() => target(['+1', '+2', '-1'], [2], 2))).toBe('refused');
  });

  it('never goes forward: what was left by a rollback is promoted, though it was approved again', () => {
    expect(() => target(['+1', '+2', '-1'], [], 2)).toThrow(/not earlier than version 1.*graft promote flowers 2/);
    expect(() => target(['+1', '+2', '+3', '-1'], [], 2)).toThrow(/is a promotion/);
    expect(target(['+1', '+2', '-1', '+2'], [], 1)).toBe(1);
    expect(target(['+1', '+2', '+3', '+1'], [], 2)).toBe(2);
  });
});

describe('laggards', () => {
  const replica = (id: string, live: boolean, serving: [number, number][]) => ({
    id,
    live,
    environment: 'production',
    url: 'http://127.0.0.1:1',
    cpuClass: 'avx2',
    leaseSeconds: 5,
    prepared: [],
    problems: [],
    renewedAt: '2026-01-01T00:00:00Z',
    expiresAt: '2026-01-01T00:00:05Z',
    serving: serving.map(([epoch, generation]) => ({
      model: 'flowers',
      epoch,
      generation,
      version: 1,
      artifactDigest: 'a',
    })),
  });

  it('are the live replicas behind (epoch, generation); a dead one does not count', () => {
    const replicas = [
      replica('there', true, [[1, 4]]),
      replica('ahead', true, [[2, 1]]),
      replica('behind', true, [[1, 3]]),
      replica('new', true, []),
      replica('dead', false, [[1, 1]]),
    ];
    expect(laggards(replicas, 'flowers', { epoch: 1, generation: 4 })).toEqual(['behind', 'new']);
  });
});
