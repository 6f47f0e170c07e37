import { describe, expect, it } from '@jest/globals';
import { AppError, manifestImageSchema, type LandedImage, type ManifestImage } from '@graft/contracts';
import fc from 'fast-check';
import { mergeInSteps, mergeLanding, type MergedLanding } from './merge-landing.js';
import { flipBits, landedImage } from '../spec-support/landed.js';
import { countFixedSplits } from '../splits/fixed-splits.js';
import { chooseSplit } from '../splits/splits.js';

const policy = { testShare: 0.2, valShare: 0.1 };
const dataset = 'insects';
const merge = (landed: readonly LandedImage[], parent: MergedLanding | null = null, shares = policy): MergedLanding =>
  mergeLanding({
    dataset,
    parent: parent && { root: { dataset, labels: parent.labels }, images: parent.images },
    landed,
    policy: shares,
  });
const many = (count: number, given: Partial<LandedImage> = {}, prefix = 'image'): LandedImage[] =>
  Array.from({ length: count }, (_, index) => landedImage(`${prefix}-${index}`, given));
const imageOf = (merged: MergedLanding, landed: LandedImage): ManifestImage | undefined =>
  merged.images.find(({ sha256 }) => sha256 === landed.sha256);
/** An image whose own hash puts it into this split. */
const inSplit = (split: string, prefix: string): LandedImage => {
  for (let i = 0; ; i++) {
    const image = landedImage(`${prefix}-${i}`);
    if (chooseSplit(image, policy) === split) return image;
  }
};

describe('mergeLanding', () => {
  it('takes images into the splits that their hashes say, in ascending order of digest', () => {
    const landed = [...many(200, { label: 'bee' }, 'b'), ...many(200)];
    const merged = merge(landed);
    expect(merged).toMatchObject({ newImages: 400, duplicates: 0, quarantine: [], labels: ['ant', 'bee'] });
    expect(merged.images.map(({ sha256 }) => sha256)).toEqual(landed.map(({ sha256 }) => sha256).sort());
    for (const image of merged.images) {
      expect(image.split).toBe(chooseSplit(image, policy));
      expect(manifestImageSchema.parse(image)).toEqual(image);
    }
  });
  it('takes what lands under any form of a label for the label, one that was taken in another form too', () => {
    const landed = (label: string, name: string) => landedImage(name, { label, key: `insects/${label}/${name}` });
    const first = merge([landed('ant', 'a'), landed('bee', 'b')]);
    const older = {
      ...first,
      labels: ['ant', 'bee '],
      images: first.images.map((image) => (image.label === 'bee' ? { ...image, label: 'bee ' } : image)),
    };
    const merged = merge(
      [landed('ant\u200b', 'c'), landed('bee', 'd'), landed('bee ', 'e'), landed('BEE', 'f')],
      older,
    );
    expect(merged.labels).toEqual(['ant', 'bee ']);
    expect(merged.images.map(({ label }) => label).sort()).toEqual(['ant', 'ant', 'bee ', 'bee ', 'bee ']);
    expect(merged.quarantine).toMatchObject([{ key: 'insects/BEE/f', reason: 'ambiguous_label' }]);
  });
  it('gives the same version in whatever order objects arrive', () => {
    const first = merge(many(30));
    const landed = [
      ...many(20, { label: 'bee' }, 'b'),
      ...many(10, { group: 'g' }, 'g'),
      ...many(5),
      landedImage('image-3', { label: 'wasp', key: 'insects/wasp/x.jpg' }),
      landedImage('near', { perceptualHash: flipBits(landedImage('image-7').perceptualHash, 2) }),
      landedImage('fixed', { split: 'test' }),
    ];
    const expected = merge(landed, first);
    fc.assert(
      fc.property(fc.shuffledSubarray(landed, { minLength: landed.length }), (shuffled) => {
        expect(merge(shuffled, first)).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });
  it('never moves a stored image, whatever lands later and whatever the policy becomes', () => {
    const first = merge(many(60));
    const arrival = fc.record({
      name: fc.integer({ min: 0, max: 200 }).map((index) => `image-${index}`),
      group: fc.option(fc.constantFrom('g1', 'g2'), { nil: null }),
      split: fc.option(fc.constantFrom('train' as const, 'val' as const, 'test' as const), { nil: null }),
    });
    fc.assert(
      fc.property(
        fc.array(arrival, { maxLength: 30 }),
        fc.double({ min: 0.01, max: 0.5, noNaN: true }),
        (arrivals, testShare) => {
          const landed = arrivals.map(({ name, ...given }, i) =>
            landedImage(name, { ...given, key: `insects/ant/${i}.jpg` }),
          );
          const second = merge(landed, first, { testShare, valShare: 0.3 });
          const now = new Map(second.images.map((image) => [image.sha256, image]));
          for (const image of first.images) expect(now.get(image.sha256)).toEqual(image);
          expect(second.newImages).toBe(second.images.length - first.images.length);
          expect(second.newImages + second.duplicates + second.quarantine.length).toBe(landed.length);
          const splitOfGroup = new Map<string, string>();
          for (const { group, split } of second.images) {
            if (group === null) continue;
            expect(splitOfGroup.get(group) ?? split).toBe(split);
            splitOfGroup.set(group, split);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
  it('appends new labels and keeps the index of the old ones', () => {
    const first = merge(many(30, { label: 'wasp' }));
    const second = merge([...many(3, { label: 'bee' }, 'b'), ...many(3, { label: 'ant' }, 'a')], first);
    expect(second.labels).toEqual(['wasp', 'ant', 'bee']);
  });

  it('counts the same bytes or the same pixels under the same label as duplicates', () => {
    const first = merge(many(30));
    const again = landedImage('image-1', { key: 'insects/ant/copy.jpg' });
    const repacked = { ...landedImage('other'), pixelSha256: landedImage('image-2').pixelSha256 };
    const second = merge([again, repacked], first);
    expect(second).toMatchObject({ newImages: 0, duplicates: 2, quarantine: [] });
    expect(second.images).toEqual(first.images);
  });
  it('leaves out every image that was given two labels, the stored one too', () => {
    const first = merge(many(30));
    const wrong = landedImage('image-1', { label: 'bee', key: 'insects/bee/x.jpg', etag: 'e2' });
    const second = merge([wrong], first);
    expect(second.images).toHaveLength(29);
    expect(second.labels).toEqual(['ant']);
    expect(second.quarantine.map(({ key, reason }) => [key, reason])).toEqual([
      ['insects/ant/image-1.jpg', 'label_conflict'],
      ['insects/bee/x.jpg', 'label_conflict'],
    ]);
    expect(second.quarantine[1]?.detail).toContain('labelled "bee", and "ant" as insects/ant/image-1.jpg');
  });
  it('leaves out three of a kind in one landing as well', () => {
    const landed = ['ant', 'bee', 'ant'].map((label, i) =>
      landedImage('same', { label, key: `insects/${label}/${i}.jpg` }),
    );
    const merged = merge([...landed, ...many(30)]);
    expect(merged.quarantine).toHaveLength(3);
    expect(merged.newImages).toBe(30);
  });

  it('keeps a group together, over landings too', () => {
    const first = merge([...many(30), landedImage('google', { group: '1f600' })]);
    const second = merge([landedImage('twitter', { group: '1f600' })], first, { testShare: 0.5, valShare: 0.4 });
    const splits = second.images.filter(({ group }) => group === '1f600').map(({ split }) => split);
    expect(new Set(splits).size).toBe(1);
  });
  it('puts a near-duplicate into the group of the one it resembles', () => {
    const test = inSplit('test', 'photo');
    const first = merge([...many(30), test]);
    const copy = landedImage('copy', { perceptualHash: flipBits(test.perceptualHash, 3), width: 32, height: 32 });
    expect(imageOf(merge([copy], first), copy)).toMatchObject({ group: test.pixelSha256, split: 'test' });
  });
  it('never chains: what resembles only a near-duplicate stands for itself', () => {
    const first = landedImage('p');
    const second = landedImage('q', { perceptualHash: flipBits(first.perceptualHash, 3) });
    const third = landedImage('r', { perceptualHash: flipBits(first.perceptualHash, 6) });
    const merged = [[first], [second], [third]].reduce<MergedLanding | null>(
      (parent, landed) => merge(landed, parent),
      null,
    );
    expect(merged && imageOf(merged, second)?.group).toBe(first.pixelSha256);
    expect(merged && imageOf(merged, third)?.group).toBeNull();
  });
  it('leaves out an image that resembles one of train and one of test', () => {
    const test = inSplit('test', 't');
    const train = { ...inSplit('train', 'u'), perceptualHash: flipBits(test.perceptualHash, 6) };
    const between = landedImage('between', { perceptualHash: flipBits(test.perceptualHash, 3) });
    const first = merge([test, train]);
    expect(merge([between], first).quarantine).toMatchObject([{ reason: 'bridges_splits', key: between.key }]);
    expect(merge([{ ...between, group: 'mine' }], first)).toMatchObject({ newImages: 1, quarantine: [] });
  });
  it.each([
    ['another colour', { meanColour: 'ff8080' }],
    ['another frame', { width: 128 }],
    ['a group of its own', { group: 'mine' }],
    ['one bit more', { bits: 4 }],
  ])('takes a look-alike with %s for itself', (_, { bits = 2, ...given }: Partial<LandedImage> & { bits?: number }) => {
    const first = merge([...many(30), landedImage('photo')]);
    const other = landedImage('other', {
      perceptualHash: flipBits(landedImage('photo').perceptualHash, bits),
      ...given,
    });
    expect(imageOf(merge([other], first), other)?.group).toBe(given.group ?? null);
  });
  it('compares no flat pictures, which all hash alike', () => {
    const flat = many(300, { perceptualHash: '0000000000000000' }).map((image, i) => ({
      ...image,
      perceptualHash: i % 2 === 0 ? '0000000000000000' : '00000000ff000000',
    }));
    const merged = merge(flat);
    expect(merged).toMatchObject({ newImages: 300, quarantine: [] });
    expect(merged.images.every(({ group }) => group === null)).toBe(true);
  });

  it('takes a fixed val for the test split and carves a val from train where only train and val are fixed', () => {
    const merged = merge([...many(300, { split: 'train' }, 't'), ...many(50, { split: 'val' }, 'v')]);
    const count = (fixed: string, split: string): number =>
      merged.images.filter((image) => image.fixedSplit === fixed && image.split === split).length;
    expect(count('val', 'test')).toBe(50);
    expect(count('train', 'test')).toBe(0);
    expect(count('train', 'val')).toBeGreaterThan(10);
    expect(count('train', 'train') + count('train', 'val')).toBe(300);
    const later = merge([landedImage('w', { split: 'val' })], merged);
    expect(imageOf(later, landedImage('w'))?.split).toBe('test');
  });
  it('takes a fixed val for val from the first fixed test on, carves train no more, and moves nothing', () => {
    const first = merge([...many(300, { split: 'train' }, 't'), ...many(50, { split: 'val' }, 'v')]);
    const added = (merged: MergedLanding, parent: MergedLanding): ManifestImage[] =>
      merged.images.filter(({ sha256 }) => !parent.images.some((image) => image.sha256 === sha256));
    const second = merge([...many(40, { split: 'train' }, 't2'), landedImage('x', { split: 'test' })], first);
    // Nobody's val is val yet.
    expect(added(second, first).some(({ fixedSplit, split }) => fixedSplit === 'train' && split === 'val')).toBe(true);
    const third = merge([...many(100, { split: 'train' }, 't3'), ...many(9, { split: 'val' }, 'v3')], second);
    expect(added(third, second).every(({ split, fixedSplit }) => split === fixedSplit)).toBe(true);
    const fourth = merge(many(100, { split: 'train' }, 't4'), third);
    expect(added(fourth, third).every(({ split }) => split === 'train')).toBe(true);
    for (const { sha256, split } of first.images) {
      expect(fourth.images.find((image) => image.sha256 === sha256)?.split).toBe(split);
    }
    expect(countFixedSplits(first.images)).toMatchObject({ valAsTest: 50, test: 0 });
    expect(countFixedSplits(fourth.images)).toMatchObject({ valAsTest: 50, test: 1 });
  });
  it('takes val for val as soon as test lands beside it, though val was the test split before', () => {
    const first = merge([...many(30, { split: 'train' }, 't'), ...many(5, { split: 'val' }, 'v')]);
    const [w, x] = [landedImage('w', { split: 'val' }), landedImage('x', { split: 'test' })];
    const second = merge([w, x, landedImage('v-0', { split: 'val' })], first);
    expect([imageOf(second, w)?.split, imageOf(second, x)?.split]).toEqual(['val', 'test']);
    expect(imageOf(second, landedImage('v-0'))?.split).toBe('test');
    expect(second).toMatchObject({ duplicates: 1, quarantine: [] });
  });
  it('gives a val image that was tested on, and was left out since, its split back after a test was fixed', () => {
    const first = merge([...many(30, { split: 'train' }, 't'), landedImage('v', { split: 'val' })]);
    const second = merge([landedImage('x', { split: 'test' })], first);
    const contradicted = merge([landedImage('v', { label: 'bee', split: 'val', key: 'insects/bee/v.jpg' })], second);
    expect(imageOf(contradicted, landedImage('v'))).toBeUndefined();
    const [entry] = contradicted.quarantine.filter(({ split }) => split === 'test');
    const back = { ...landedImage('v', { split: 'val' }), storedSplit: entry?.split as 'test', correction: 1 };
    const third = merge([back], contradicted);
    expect(third.quarantine).toEqual([]);
    expect(imageOf(third, back)?.split).toBe('test');
  });
  it('tests on what lands for val and belongs with a val that was the test split, and refuses what lands for train', () => {
    const first = merge([...many(30, { split: 'train' }, 't'), landedImage('v', { split: 'val', group: 'g' })]);
    const second = merge([landedImage('x', { split: 'test' })], first);
    const [w, y] = [landedImage('w', { split: 'val', group: 'g' }), landedImage('y', { split: 'train', group: 'g' })];
    const third = merge([w, y], second);
    expect(imageOf(third, w)?.split).toBe('test');
    expect(third.quarantine).toMatchObject([{ key: y.key, reason: 'leaks_into_test' }]);
  });
  it('takes all three as they are where all three are fixed', () => {
    const merged = merge([
      ...many(50, { split: 'train' }, 't'),
      ...many(20, { split: 'val' }, 'v'),
      ...many(20, { split: 'test' }, 's'),
    ]);
    expect(merged.images.every(({ split, fixedSplit }) => split === fixedSplit)).toBe(true);
  });
  it('tests on, and never trains on, what lies in a test folder and in a train folder', () => {
    const inTest = landedImage('same', { split: 'test', key: 'insects/test/ant/a.jpg' });
    const inTrain = landedImage('same', { split: 'train', key: 'insects/train/ant/b.jpg' });
    const merged = merge([inTrain, inTest, ...many(30, { split: 'train' })]);
    expect(imageOf(merged, inTest)?.split).toBe('test');
    expect(merged.quarantine).toMatchObject([{ key: inTrain.key, reason: 'leaks_into_test' }]);
  });
  it('leaves out an image fixed for train whose group is tested on, and the other way about', () => {
    const first = merge([
      ...many(30, { split: 'train' }),
      landedImage('a', { group: 'tested', split: 'test' }),
      landedImage('b', { group: 'trained', split: 'train' }),
    ]);
    const second = merge(
      [landedImage('c', { group: 'tested', split: 'train' }), landedImage('d', { group: 'trained', split: 'test' })],
      first,
    );
    expect(second.newImages).toBe(0);
    expect(second.quarantine.map(({ reason }) => reason)).toEqual(['leaks_into_test', 'leaks_into_test']);
    expect(second.quarantine[0]?.detail).toContain('its group "tested" is in test');
  });

  it('gives a handful of images a val and a test split, and two of each label stay in train', () => {
    for (let round = 0; round < 40; round++) {
      const landed = [...many(6, {}, `a${round}`), ...many(6, { label: 'bee' }, `b${round}`)];
      const merged = merge(landed);
      const has = (split: string): boolean => merged.images.some((image) => image.split === split);
      expect([has('test'), has('val')]).toEqual([true, true]);
      for (const image of merged.images) {
        if (image.split === 'train') expect(chooseSplit(image, policy)).toBe('train');
      }
    }
  });
  it('moves nothing into test that was fixed for train', () => {
    const merged = merge(many(12, { split: 'train' }));
    expect(merged.images.some(({ split }) => split === 'test')).toBe(false);
    expect(merged.images.some(({ split }) => split === 'val')).toBe(true);
  });
  it('refuses to join a landing to another dataset', () => {
    const parent = { root: { dataset: 'flowers', labels: [] }, images: [] };
    expect(() => mergeLanding({ dataset, parent, landed: [], policy })).toThrow(AppError);
  });
  it('pauses every few hundred images, and comes to the same', () => {
    const options = { dataset, parent: null, landed: many(1000), policy };
    let pauses = 0;
    const steps = mergeInSteps(options);
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done) {
        expect(step.value).toEqual(mergeLanding(options));
        break;
      }
      pauses += 1;
    }
    expect(pauses).toBe(3);
  });
  it('joins ten thousand images to twenty thousand', () => {
    const random = (image: LandedImage): LandedImage => ({ ...image, perceptualHash: image.sha256.slice(0, 16) });
    const first = merge(many(20_000).map(random));
    const landed = many(10_000, {}, 'later').map(random);
    expect(merge(landed, first).newImages).toBe(10_000);
  });
});
