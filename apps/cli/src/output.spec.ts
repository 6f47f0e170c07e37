import { describe, expect, it } from '@jest/globals';
import { formatInterval, formatSeconds, formatTable } from './output.js';
import { parseVersion } from './parse.js';

describe('formatSeconds', () => {
  it.each([
    [0.4239, '0.42 s'],
    [12.34, '12.3 s'],
    [245, '4 min 05 s'],
    [179.7, '3 min 00 s'],
  ])('%d s as %s', (seconds, text) => expect(formatSeconds(seconds)).toBe(text));
});

describe('formatInterval', () => {
  it('shows value and bounds', () =>
    expect(formatInterval({ value: 0.7241, lower: 0.6632, upper: 0.7771, n: 230 })).toBe('0.724 [0.663–0.777]'));
});

describe('formatTable', () => {
  it('is plain text when it goes to no terminal', () => {
    const text = formatTable(
      ['name', 'n'],
      [
        ['ants', 3],
        ['bees', null],
      ],
    );
    expect(text).toContain('ants');
    expect(text).not.toMatch(/\u001b/);
  });
});

describe('parseVersion', () => {
  it.each([
    ['3', 3],
    ['v12', 12],
  ])('takes %s', (text, version) => expect(parseVersion(text)).toBe(version));
  it.each(['0', '-1', '1.5', 'latest', '', '1e3'])('refuses "%s" as usage', (text) => {
    expect(() => parseVersion(text)).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});
