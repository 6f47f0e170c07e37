import { describe, expect, it } from '@jest/globals';
import { memorySource } from '../spec-support/memory-source.js';
import { findUnmatchedName, parseGroupPattern } from './group-pattern.js';
import { surveySource } from './survey-source.js';

const unmatched = async (files: Record<string, string>, pattern: string): Promise<string | null> => {
  const source = memorySource(files);
  const groupPattern = parseGroupPattern(pattern);
  return findUnmatchedName(source, await surveySource(source), { dataset: 'd', groupPattern });
};

describe('a pattern of groups', () => {
  it('needs parentheses around the group', () => {
    expect(parseGroupPattern('^(?:cam|site)-(\\d+)').exec('cam-7.jpg')?.[1]).toBe('7');
    for (const text of ['cam-\\d+', '^(?:cam|site)', '']) {
      expect(() => parseGroupPattern(text)).toThrow(
        expect.objectContaining({ code: 'usage', message: expect.stringContaining(`got ${text}`) }),
      );
    }
  });

  it('has to be a regular expression', () => {
    expect(() => parseGroupPattern('(')).toThrow(
      expect.objectContaining({ code: 'usage', message: '--group-pattern is no regular expression: (' }),
    );
  });

  it('that matches no name is found, with a name', async () => {
    const files = { 'ants/cam-1.jpg': '1', 'ants/cam-2.jpg': '2' };
    expect(await unmatched(files, '^site-(\\d)')).toBe('cam-1.jpg');
    expect(await unmatched(files, '^cam-(2)')).toBeNull();
  });

  it('is not needed where a manifest gives every file a group', async () => {
    const manifest = 'file,label,group\n1.jpg,ants,g1\n2.jpg,ants,';
    expect(await unmatched({ 'manifest.csv': manifest, '1.jpg': '1' }, '^(x)')).toBeNull();
    expect(await unmatched({ 'manifest.csv': manifest, '1.jpg': '1', '2.jpg': '2' }, '^(x)')).toBe('2.jpg');
  });
});
