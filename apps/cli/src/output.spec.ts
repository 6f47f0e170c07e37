import { describe, expect, it } from '@jest/globals';
import { formatInterval, formatSeconds, formatTable, formatTime, nameDatasetVersion, wrap } from './output.js';
import { numberBetween, parseVersion, wholeNumber } from './parse.js';

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

describe('wrap', () => {
  it('breaks between words, and begins each line where the first began', () => {
    const text = Array.from({ length: 40 }, (_, i) => `word${i}`).join(' ');
    const lines = wrap(text, 8).split('\n');
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.every((line, at) => line.length + (at === 0 ? 8 : 0) <= 100)).toBe(true);
    expect(lines.slice(1).every((line) => /^ {8}\S/.test(line))).toBe(true);
    expect(lines.map((line) => line.trim()).join(' ')).toBe(text);
  });

  it('leaves what is short, and words that are long, as they are', () => {
    expect(wrap('all of it', 2)).toBe('all of it');
    expect(wrap('x'.repeat(300), 2)).toBe('x'.repeat(300));
  });
});

describe('wholeNumber and numberBetween', () => {
  it.each([
    ['1', 1],
    ['42', 42],
  ])('take %s', (text, value) => expect(wholeNumber(1)(text)).toBe(value));
  it.each(['0', '1.5', 'x', '', 'NaN', '-3'])('refuse "%s"', (text) =>
    expect(() => wholeNumber(1)(text)).toThrow(/whole number from 1/),
  );
  it.each(['-0.1', '0.6', 'half', ''])('refuse "%s" where a share is asked', (text) => {
    expect(() => numberBetween(0, 0.5)(text)).toThrow(/from 0 to 0.5/);
  });
});

describe('formatTime', () => {
  it('is UTC to the second, and says so', () =>
    expect(formatTime('2026-01-02T04:04:05.678+01:00')).toBe('2026-01-02 03:04:05Z'));
});

describe('nameDatasetVersion', () => {
  it('has number and digest, or the digest alone', () => {
    const digest = '0a1b2c3d4e5f'.padEnd(64, '0');
    expect(nameDatasetVersion(digest, 3)).toBe('3 (0a1b2c3d4e5f)');
    expect(nameDatasetVersion(digest, undefined)).toBe('0a1b2c3d4e5f');
  });
});

describe('parseVersion', () => {
  it.each([
    ['3', 3],
    ['v12', 12],
  ])('takes %s', (text, version) => expect(parseVersion(text)).toBe(version));
  it.each(['0', '-1', '1.5', 'newest', '', '1e3'])('refuses "%s" as usage', (text) => {
    expect(() => parseVersion(text)).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});
