import { describe, expect, it } from '@jest/globals';
import { parseVariant, unquantized, variantNameSchema } from './variant.js';

describe('a variant', () => {
  it.each([
    ['fp32', { precision: 'fp32', macsShare: null }],
    ['int8', { precision: 'int8', macsShare: null }],
    ['pruned60', { precision: 'fp32', macsShare: 0.6 }],
    ['pruned99-int8', { precision: 'int8', macsShare: 0.99 }],
  ])('%s says what it is', (name, said) => {
    expect(parseVariant(variantNameSchema.parse(name))).toEqual(said);
  });

  it.each([
    '',
    'FP32',
    'fp16',
    'int8-pruned60',
    'pruned',
    'pruned5',
    'pruned05',
    'pruned100',
    'pruned60-fp32',
    ' int8',
  ])('%j is none, and the refusal says which there are', (name) => {
    const message = variantNameSchema.safeParse(name).error?.issues[0]?.message;
    expect(message).toContain('fp32, int8, pruned10 to pruned99');
    expect(message).toContain(JSON.stringify(name));
  });

  it('in eight bits is made from the same in float32', () => {
    expect(unquantized('int8')).toBe('fp32');
    expect(unquantized('pruned60-int8')).toBe('pruned60');
  });
});
