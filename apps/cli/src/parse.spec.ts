import { describe, expect, it } from '@jest/globals';
import { variantName } from './parse.js';

describe('variantName', () => {
  it('takes the names that there are, and says so of others', () => {
    expect(variantName('pruned60-int8')).toBe('pruned60-int8');
    expect(() => variantName('8bit')).toThrow(/expected a variant \(fp32, int8, .*got "8bit"/);
  });
});
