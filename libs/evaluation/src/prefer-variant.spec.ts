import type { GateVerdict } from '@graft/contracts';
import { describe, expect, it } from '@jest/globals';
import { preferVariant } from './prefer-variant.js';

const prefer = (...verdicts: GateVerdict[]): number => {
  const evaluations = verdicts.map((verdict, index) => ({ index, gate: { verdict } }));
  return preferVariant(evaluations).index;
};

describe('preferVariant', () => {
  it('takes the first of those that passed', () => {
    expect(prefer('pass', 'pass')).toBe(0);
    expect(prefer('fail', 'insufficient', 'pass', 'pass')).toBe(2);
  });

  it('takes what lacks evidence before what failed, and what failed where nothing else is', () => {
    expect(prefer('fail', 'insufficient', 'insufficient')).toBe(1);
    expect(prefer('fail', 'fail')).toBe(0);
    expect(prefer('insufficient')).toBe(0);
  });

  it('refuses to choose from none', () => {
    expect(() => prefer()).toThrow(/expected one evaluation a variant/);
  });
});
