import { describe, expect, it } from '@jest/globals';
import { chunkImages, chunksOf } from './chunk-images.js';

describe('a chunk of images', () => {
  it.each([
    { what: 'a pooled vector', length: 1280, images: 128 },
    { what: "lite0's last map but one", length: 112 * 14 * 14, images: 128 },
    { what: "ResNet-50's last map but one", length: 1024 * 14 * 14, images: 40 },
    { what: "VGG's first map", length: 64 * 112 * 112, images: 8 },
    { what: 'a map that fits thrice', length: 64 * 224 * 213, images: 2 },
    { what: 'a map larger than the bound', length: 64 * 512 * 512, images: 1 },
  ])('of $what has $images', ({ length, images }) => {
    expect(chunkImages(length)).toBe(images);
  });

  it('is in order, the last one shorter', () => {
    expect(chunksOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(chunksOf([], 2)).toEqual([]);
  });
});
