import { describe, expect, it } from '@jest/globals';
import { createLabelNamer, foldLabel, normalizeLabel, readLabel } from './label.js';

describe('normalizeLabel', () => {
  it.each([
    ['bees ', 'bees'],
    [' \u00a0bees\u3000', 'bees'],
    ['bees\u200b', 'bees'],
    ['\ufeffbe\u00ad\u200des\u2060', 'bees'],
    ['bees \u200b ', 'bees'],
    ['wild \t bees', 'wild bees'],
    ['cafe\u0301', 'caf\u00e9'],
    ['\u{1f41d} Biene', '\u{1f41d} Biene'],
  ])('puts %j as %j', (label, normal) => {
    expect(normalizeLabel(label)).toBe(normal);
    expect(normalizeLabel(normal)).toBe(normal);
  });
});

describe('foldLabel', () => {
  it('takes case, spaces and what is invisible for nothing', () => {
    expect(foldLabel(' Wild\u200b  BEES')).toBe(foldLabel('wild bees'));
    expect(foldLabel('wildbees')).not.toBe(foldLabel('wild bees'));
  });
});

describe('readLabel', () => {
  it('gives the normal form', () => expect(readLabel(' bees\u200b ')).toEqual({ label: 'bees' }));
  it.each([
    ['', /shows nothing/],
    [' \u200b', /shows nothing/],
    ['@may', /begins with @/],
    ['\u200b @may', /begins with @/],
    ['__proto__', /reserved/],
    ['a/b', /no slash/],
    ['a\u0007b', /no control character/],
    [' .. ', /not "." or ".."/],
    ['a\ud800', /no Unicode text/],
    ['x'.repeat(201), /200/],
  ])('refuses %j', (label, why) => expect(readLabel(label)).toEqual({ why: expect.stringMatching(why) }));
});

describe('createLabelNamer', () => {
  const nameOf = createLabelNamer({ labels: ['bees ', 'ants', 'flies', 'flies '], renamed: { 'old  one': 'ants' } });
  it.each([
    ['ants', 'ants'],
    ['ants\u200b', 'ants'],
    ['bees', 'bees '],
    ['bees ', 'bees '],
    ['flies', 'flies'],
    ['flies ', 'flies '],
    ['old one', 'ants'],
    [' new  one', 'new one'],
  ])('names %j %j', (label, name) => expect(nameOf(label)).toBe(name));
});
