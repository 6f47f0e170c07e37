import { AppError } from '@graft/contracts';
import { describe, expect, it } from '@jest/globals';
import { hasPassed, ruleStages, stageBefore, type StagedPromotion } from './stages.js';

describe('stageBefore', () => {
  const stages = ['development', 'staging', 'production'];

  it('is the environment that comes before, and none for the first or one outside of the policy', () => {
    expect(stageBefore(stages, 'production')).toBe('staging');
    expect(stageBefore(stages, 'staging')).toBe('development');
    expect(stageBefore(stages, 'development')).toBeNull();
    expect(stageBefore(stages, 'demo')).toBeNull();
    expect(stageBefore(undefined, 'production')).toBeNull();
  });
});

describe('hasPassed', () => {
  /** "+1" promotes version 1, "-1" rolls back to it, "+2 int8" promotes it in eight bits. */
  const passed = (version: number, variant: string, ...acts: string[]): boolean =>
    hasPassed(
      acts.map((act) => {
        const [number = '', form] = act.slice(1).split(' ');
        const action = act.startsWith('+') ? ('promote' as const) : ('rollback' as const);
        return { action, version: Number(number), ...(form === undefined ? {} : { variant: form }) };
      }),
      { version, variant },
    );

  it('what is served, or was until another was promoted', () => {
    expect(passed(1, 'fp32', '+1')).toBe(true);
    expect(passed(1, 'fp32', '+1', '+2')).toBe(true);
    expect(passed(3, 'fp32', '+1', '+2')).toBe(false);
  });

  it('not what was taken back, unless it served once more', () => {
    expect(passed(2, 'fp32', '+1', '+2', '-1')).toBe(false);
    expect(passed(1, 'fp32', '+1', '+2', '-1')).toBe(true);
    expect(passed(2, 'fp32', '+1', '+2', '-1', '+2')).toBe(true);
  });

  it('in the form that is asked for alone', () => {
    expect(passed(1, 'int8', '+1')).toBe(false);
    expect(passed(1, 'int8', '+1', '+1 int8')).toBe(true);
  });
});

describe('ruleStages', () => {
  const asked: StagedPromotion = {
    ...{ model: 'photos', version: 3, variant: 'fp32', environment: 'production' },
    ...{ stage: 'staging', passed: false, skip: false },
  };

  it('refuses what has not passed, and says the ways out', () => {
    expect(() => ruleStages(asked)).toThrow(AppError);
    expect(() => ruleStages(asked)).toThrow(
      /promote photos 3 --variant fp32 --environment staging first.*--skip-stages/,
    );
  });

  it('tells which stage is skipped, if one really is', () => {
    expect(ruleStages({ ...asked, skip: true })).toBe('staging');
    expect(ruleStages({ ...asked, skip: true, passed: true })).toBeNull();
    expect(ruleStages({ ...asked, stage: null })).toBeNull();
  });
});
