import { AppError, rollbackTarget, servingHistory, VERSION_STATES, type VersionState } from '@graft/contracts';
import { describe, expect, it } from '@jest/globals';
import { checkPlace, checkVariantGate, laggards } from './promote.js';
import { registerVersion, type Registration } from './register-version.js';
import {
  allowedDecisions,
  ruleApproval,
  ruleRejection,
  type Decision,
  type ReviewSituation,
} from './review-decision.js';
import { checkVariants, findVariant, servableOf, servableOfEntry } from './servable.js';

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
    hasServed: false,
    isOnTrial: false,
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
    for (const state of ['rejected', 'superseded', 'approved', 'expired'] as const) {
      expect(codeOf(() => ruleApproval({ ...situation, state }, decision))).toBe('conflict');
    }
    for (const state of ['superseded', 'withdrawn', 'expired'] as const) {
      expect(codeOf(() => ruleRejection({ ...situation, state }, decision))).toBe('conflict');
    }
  });

  it('say of every state what can be decided, and refuse the rest for the state alone', () => {
    for (const state of VERSION_STATES) {
      for (const use of [{}, { hasServed: true }, { isOnTrial: true }]) {
        const one: ReviewSituation = { ...situation, state, ...use };
        const can = (rule: typeof ruleApproval): boolean =>
          codeOf(() => rule(one, { ...decision, overrideGate: true })) === 'none';
        // What was rejected can be rejected again: nothing is done.
        const rejects = can(ruleRejection) && state !== 'rejected';
        expect([state, use, allowedDecisions(one)]).toEqual([
          ...[state, use],
          [...(can(ruleApproval) ? ['approve'] : []), ...(rejects ? ['reject'] : [])],
        ]);
      }
    }
  });

  it('take an approval back until something came of it', () => {
    const approved: ReviewSituation = { ...situation, state: 'approved', approvedBy: ['zoe'] };
    expect(ruleRejection(approved, decision)).toEqual({ record: true, state: 'rejected' });
    expect(() => ruleRejection({ ...approved, hasServed: true }, decision)).toThrow('has served: ./graft rollback');
    expect(() => ruleRejection({ ...approved, isOnTrial: true }, decision)).toThrow('./graft trial end flowers');
    expect(codeOf(() => ruleRejection(approved, { ...decision, reportDigest: 'another' }))).toBe('stale_generation');
  });
});

describe('rollbackTarget', () => {
  /** "+3" promotes version 3, "-1" rolls back to version 1, "=1" begins an epoch with it, "+2 int8" promotes version 2 in eight bits. */
  const entries = (...acts: string[]) =>
    acts.map((act) => {
      const [number = '', variant] = act.slice(1).split(' ');
      const actions = { '+': 'promote', '-': 'rollback', '=': 'restore' } as const;
      return {
        action: actions[act[0] as keyof typeof actions],
        version: Number(number),
        ...(variant === undefined ? {} : { variant }),
      };
    });
  const told = ({ version, variant }: { version: number; variant?: string }): number | string =>
    variant === undefined ? version : `${version} ${variant}`;
  const target = (acts: string[], withdrawn: number[] = [], toVersion?: number): number | string => {
    const all = entries(...acts);
    const found = rollbackTarget({
      model: 'flowers',
      environment: 'production',
      entries: all,
      states: new Map(
        all.map(({ version }): [number, VersionState] => [
          version,
          withdrawn.includes(version) ? 'withdrawn' : 'approved',
        ]),
      ),
      ...(toVersion === undefined ? {} : { toVersion }),
    });
    return told(found);
  };

  it('is what served before, as an undo history', () => {
    expect(servingHistory(entries('+1', '+2', '+3', '-1', '+4')).map(told)).toEqual([1, 4]);
    expect(target(['+1', '+2'])).toBe(1);
    expect(target(['+1', '+2', '+3', '-2'], [3])).toBe(1);
    expect(target(['+1', '+3', '+2'])).toBe(3);
    expect(target(['+1', '+2', '-1', '+3'], [2])).toBe(1);
    expect(target(['+1', '+2', '+1'])).toBe(2);
  });

  it('is the same in a new epoch, whose first row changes nothing', () => {
    expect(servingHistory(entries('+1', '+2', '=2', '+3', '=3', '=3')).map(told)).toEqual([1, 2, 3]);
    expect(target(['+1', '+2', '=2', '=2'])).toBe(1);
    expect(target(['+1', '+2', '-1', '=1', '+3'])).toBe(1);
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

  it('from one variant of a version to another goes back to the one before it', () => {
    expect(target(['+1 fp32', '+2 int8', '+2 fp32'])).toBe('2 int8');
    expect(target(['+1 fp32', '+2 int8', '+2 fp32', '-2 int8'])).toBe('1 fp32');
    expect(target(['+1 int8', '+1 fp32', '+1 int8'])).toBe('1 fp32');
    expect(target(['+1', '+1 int8'])).toBe(1);
    expect(codeOf(() => target(['+1 int8', '+1 fp32', '-1 int8']))).toBe('refused');
    expect(codeOf(() => target(['+1', '+1 fp32']))).toBe('refused');
  });

  it('of a version that is named is the variant in which it stood last', () => {
    expect(target(['+1 int8', '+1 fp32', '+2 int8'], [], 1)).toBe('1 fp32');
    expect(() => target(['+1 int8', '+1 fp32'], [], 1)).toThrow(/serves already; .*promote flowers 1 --variant int8/);
  });
});

describe('variants', () => {
  const artifact = (kind: 'model' | 'golden', variant: string) => ({
    kind,
    variant,
    digest: `${kind} ${variant}`,
    sizeBytes: 1,
    mediaType: 'x',
  });
  const interval = { value: 0.8, lower: 0.7, upper: 0.9, n: 10 };
  const judged = (variant: string, gateVerdict: 'pass' | 'fail') => ({
    variant,
    artifactDigest: `model ${variant}`,
    sizeBytes: 1,
    reportDigest: `report ${variant}`,
    gateVerdict,
    accuracy: interval,
    latencyP50Ms: 1,
  });
  const both = {
    model: 'flowers',
    version: 3,
    variant: 'int8',
    variants: [judged('int8', 'pass'), judged('fp32', 'fail')],
    reportDigest: 'report int8',
    gateVerdict: 'pass' as const,
    artifacts: ['int8', 'fp32'].flatMap((name) => [artifact('model', name), artifact('golden', name)]),
  };
  /** As versions were registered before there were variants. */
  const early = {
    ...both,
    variant: 'fp32',
    variants: [],
    reportDigest: 'report',
    artifacts: [artifact('model', 'fp32'), artifact('golden', '')],
  };

  it('each have a model and golden outputs; unnamed it is the preferred one', () => {
    expect(servableOf(both)).toMatchObject({
      variant: 'int8',
      artifactDigest: 'model int8',
      goldenDigest: 'golden int8',
    });
    expect(servableOf(both, 'fp32')).toMatchObject({ artifactDigest: 'model fp32', goldenDigest: 'golden fp32' });
    expect(servableOf(early)).toMatchObject({ variant: 'fp32', artifactDigest: 'model fp32', goldenDigest: 'golden ' });
    expect(() => servableOf(early, 'int8')).toThrow(
      /kind "model" for its variant int8; it has: model \(fp32\), golden/,
    );
  });

  it('that the ledger names are served as it names them, those from before there were others as fp32', () => {
    const entry = { variant: 'int8', artifactDigest: 'as it was' };
    expect(servableOfEntry(both, entry)).toMatchObject({ variant: 'int8', artifactDigest: 'as it was' });
    expect(servableOfEntry(both, { artifactDigest: 'as it was' })).toMatchObject({ goldenDigest: 'golden fp32' });
  });

  it('that there are not are not found, with those that there are', () => {
    expect(findVariant(both)).toMatchObject({ reportDigest: 'report int8' });
    expect(findVariant(both, 'fp32')).toMatchObject({ reportDigest: 'report fp32', gateVerdict: 'fail' });
    expect(findVariant(early, 'fp32')).toMatchObject({ reportDigest: 'report', gateVerdict: 'pass' });
    expect(codeOf(() => findVariant(early, 'int8'))).toBe('not_found');
    expect(() => findVariant(both, 'pruned60')).toThrow(
      'version 3 of flowers has no variant pruned60; there are: int8, fp32',
    );
  });

  it('of a new version must be what it says of them', () => {
    expect(() => checkVariants(both)).not.toThrow();
    expect(() => checkVariants(early)).not.toThrow();
    const other = { ...judged('fp32', 'fail'), artifactDigest: 'other' };
    expect(() => checkVariants({ ...both, variants: [judged('int8', 'pass'), other] })).toThrow(
      /fp32 names artifact other/,
    );
    expect(() => checkVariants({ ...both, reportDigest: 'report fp32' })).toThrow(/those of int8/);
    expect(codeOf(() => checkVariants({ ...both, variants: [judged('pruned60', 'pass')] }))).toBe('invalid_request');
  });

  it('that failed their own gate are promoted only where an approval overrode it', () => {
    const failed = findVariant(both, 'fp32');
    expect(() => checkVariantGate(both, failed, { isOverridden: false })).toThrow(/fp32 of version 3 .* its own gate/);
    expect(() => checkVariantGate(both, failed, { isOverridden: true })).not.toThrow();
    expect(() => checkVariantGate(both, findVariant(both), { isOverridden: false })).not.toThrow();
  });

  it('follow each other within a version; the same one again is refused', () => {
    const place = { model: 'flowers', environment: 'production' };
    const current = { version: 3, variant: 'int8', generation: 5 };
    const asked = { version: 3, variant: 'fp32', expectedGeneration: 5 };
    expect(() => checkPlace(place, asked, current)).not.toThrow();
    expect(() => checkPlace(place, { ...asked, variant: 'int8' }, current)).toThrow(
      /version 3 \(int8\).*serves already/,
    );
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
    trials: [],
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
