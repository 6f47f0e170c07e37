import { describe, expect, it } from '@jest/globals';
import { expiryOf, nameText, servedEnvironment, variantName, wholeNumber } from './parse.js';

describe('variantName', () => {
  it('takes the names that there are, and says so of others', () => {
    expect(variantName('pruned60-int8')).toBe('pruned60-int8');
    expect(() => variantName('8bit')).toThrow(/expected a variant \(fp32, int8, .*got "8bit"/);
  });
});

describe('expiryOf', () => {
  it('takes a time from now, or a date', () => {
    const hours = (Date.parse(expiryOf('2d')) - Date.now()) / 3_600_000;
    expect(hours).toBeCloseTo(48, 1);
    expect(expiryOf('2026-12-31')).toBe('2026-12-31T00:00:00.000Z');
    for (const wrong of ['30', '0d', '3x', 'soon', '2026-13-01']) expect(() => expiryOf(wrong)).toThrow(/30d/);
  });
});

describe('names and counts', () => {
  it('are taken as the registry takes them, and refused in words', () => {
    expect(nameText('photos-2')).toBe('photos-2');
    for (const wrong of ['Bad Name', '', '-x', 'a/b']) expect(() => nameText(wrong)).toThrow(/^expected 1–63 of a–z/);
    expect(servedEnvironment('staging')).toBe('staging');
    expect(() => servedEnvironment('2')).toThrow('such as staging');
    expect(() => servedEnvironment('Prod')).toThrow(/^expected 1–63/);
    const replicas = wholeNumber(1, 16);
    expect([replicas('1'), replicas('16')]).toEqual([1, 16]);
    for (const wrong of ['0', '17', '2.5', '', 'two']) expect(() => replicas(wrong)).toThrow('from 1 to 16');
  });
});
