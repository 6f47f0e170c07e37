import { describe, expect, it } from '@jest/globals';
import type { LandedImage, ManifestImage } from '@graft/contracts';
import { grow, type GrownVersion } from '../spec-support/grow.js';
import { flipBits, landedImage } from '../spec-support/landed.js';

const first = Array.from({ length: 30 }, (_, i) => landedImage(`image-${i}`));
const tested = landedImage('a', { group: 'visit-1', split: 'test' });
const mate = landedImage('b', { group: 'visit-1', split: 'train' });
const again = landedImage('b', { split: 'train', key: 'insects/train/ant/b.jpg' });

const last = (steps: Parameters<typeof grow>[0]): GrownVersion => {
  const version = grow([{ landed: first }, ...steps]).at(-1);
  if (version === undefined) throw new Error('no version');
  return version;
};
const held = (version: GrownVersion, { pixelSha256 }: LandedImage): ManifestImage | undefined =>
  version.images.find((image) => image.pixelSha256 === pixelSha256);
const reasons = ({ quarantine }: GrownVersion) => quarantine.map(({ key, reason }) => [key, reason]);

describe('a picture that waits for its group', () => {
  it.each([
    ['the same bytes', again],
    ['the same pixels', { ...again, sha256: landedImage('b saved anew').sha256 }],
  ])('is not taken into train by landing again without it: %s', (_, copy) => {
    const version = last([{ landed: [tested, mate] }, { landed: [copy] }]);
    expect(held(version, copy)).toBeUndefined();
    expect(reasons(version)).toEqual([
      [mate.key, 'leaks_into_test'],
      [again.key, 'leaks_into_test'],
    ]);
    expect(version.quarantine.map(({ image }) => image?.group)).toEqual(['visit-1', 'visit-1']);
  });
  it('is not taken in beside itself either, in one landing', () => {
    const version = last([{ landed: [again, tested, mate] }]);
    expect(held(version, mate)).toBeUndefined();
    expect(reasons(version)).toHaveLength(2);
  });
  it('joins its group where its uploader asks for no split, and waits no more under its old key', () => {
    const version = last([{ landed: [tested, mate] }, { landed: [{ ...again, split: null }] }]);
    expect(held(version, mate)).toMatchObject({ split: 'test', group: 'visit-1', key: again.key });
    expect(version.quarantine).toEqual([]);
  });
  it('is taken at its word with another group', () => {
    const version = last([{ landed: [tested, mate] }, { landed: [{ ...again, group: 'visit-2' }] }]);
    expect(held(version, mate)).toMatchObject({ split: 'train', group: 'visit-2' });
    expect(version.quarantine).toEqual([]);
  });
});

describe('a picture that waits', () => {
  it('between two splits waits no more once it has landed with a group', () => {
    const one = landedImage('one', { split: 'test' });
    const other = landedImage('other', { split: 'train', perceptualHash: flipBits(one.perceptualHash, 4) });
    const between = landedImage('between', { perceptualHash: flipBits(one.perceptualHash, 2) });
    const steps = [{ landed: [one] }, { landed: [{ ...other, group: 'apart' }] }, { landed: [between] }];
    expect(reasons(last(steps))).toEqual([[between.key, 'bridges_splits']]);
    const grouped = { ...between, group: 'apart', key: 'insects/ant/grouped.jpg' };
    const version = last([...steps, { landed: [grouped] }]);
    expect(held(version, between)).toMatchObject({ split: 'train', key: grouped.key });
    expect(version.quarantine).toEqual([]);
  });
  it('for its label waits no more once it has landed under the right one', () => {
    const version = last([
      { landed: [landedImage('odd', { label: 'Ant' })] },
      { landed: [landedImage('odd', { key: 'insects/ant/odd.jpg' })] },
    ]);
    expect(held(version, landedImage('odd'))).toMatchObject({ label: 'ant' });
    expect(version.quarantine).toEqual([]);
  });
  it('is told of still where it lands as a copy of what was there all along', () => {
    const leak = { ...tested, split: 'train' as const, key: 'insects/train/ant/a.jpg' };
    const version = last([{ landed: [tested] }, { landed: [leak] }, { landed: [{ ...tested, key: 'insects/a.jpg' }] }]);
    expect(reasons(version)).toEqual([[leak.key, 'leaks_into_test']]);
  });
});
