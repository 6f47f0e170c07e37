import { describe, expect, it } from '@jest/globals';
import { detectFormat } from './image-format.js';

const kindOf = (text: string): string => {
  const format = detectFormat(Buffer.from(text, 'latin1'));
  return format.kind === 'accepted' ? format.format : format.kind === 'known' ? format.name : format.kind;
};

describe('detectFormat', () => {
  it('tells what is taken, and names what is not, by the first bytes', () => {
    expect(kindOf('\xff\xd8\xff\xe0')).toBe('jpeg');
    expect(kindOf('\x89PNG\r\n\x1a\n')).toBe('png');
    expect(kindOf('RIFF\0\0\0\0WEBPVP8 ')).toBe('webp');
    expect(kindOf('GIF89a')).toBe('GIF');
    expect(kindOf('\0\0\0\x20ftypavif')).toBe('HEIF or AVIF');
    expect(kindOf('<?xml version="1.0"?><!doctype svg [<!ENTITY a "b>">]> <svg>')).toBe('SVG');
    expect(kindOf('')).toBe('unknown');
  });
  it('is not held up by text made to look like an SVG', () => {
    expect(kindOf(`${'<!---->'.repeat(600)}x`)).toBe('unknown');
  });
  it('does not take any RIFF for WebP, nor WEBP without RIFF', () => {
    expect(kindOf('RIFF\0\0\0\0WAVEfmt ')).toBe('unknown');
    expect(kindOf('XXXX\0\0\0\0WEBPVP8 ')).toBe('unknown');
  });
});
