import { describe, expect, it } from '@jest/globals';
import type { CorrectionAction, LandedImage, ManifestImage } from '@graft/contracts';
import fc from 'fast-check';
import { grow, policy, type GrownVersion } from '../spec-support/grow.js';
import { flipBits, landedImage } from '../spec-support/landed.js';
import { chooseSplit } from '../splits/splits.js';

const many = (count: number, label = 'ant'): LandedImage[] =>
  Array.from({ length: count }, (_, i) => landedImage(`${label}-${i}`, { label }));
const first = [...many(20), ...many(20, 'bee')];
const shaOf = (name: string): string => landedImage(name).sha256;
const imageOf = (version: GrownVersion | undefined, name: string): ManifestImage | undefined =>
  version?.images.find(({ sha256 }) => sha256 === shaOf(name));
const reasons = (version: GrownVersion | undefined) =>
  (version?.quarantine ?? []).map(({ key, reason }) => [key, reason]);
const last = (steps: Parameters<typeof grow>[0]): GrownVersion => {
  const version = grow([{ landed: first }, ...steps]).at(-1);
  if (version === undefined) throw new Error('no version');
  return version;
};
const relabel = (label: string, ...images: string[]): CorrectionAction => ({ action: 'relabel', images, label });
const remove = (...images: string[]): CorrectionAction => ({ action: 'remove', images });
const restore = (...images: string[]): CorrectionAction => ({ action: 'restore', images });
const rename = (from: string, to: string): CorrectionAction => ({ action: 'rename', from, to });
const revert = (version: number): CorrectionAction => ({ action: 'revert', version });

describe('relabel', () => {
  it('gives an image another label, by digest or by key, and never moves it', () => {
    const before = last([]);
    const after = last([{ actions: [relabel('bee', shaOf('ant-1'), 'insects/ant/ant-2.jpg')] }]);
    for (const name of ['ant-1', 'ant-2']) {
      expect(imageOf(after, name)).toEqual({ ...imageOf(before, name), label: 'bee', correction: 1 });
    }
    expect(after.images).toHaveLength(40);
    expect(after.unmatched).toEqual([]);
  });
  it('holds against a landing that says otherwise: the newcomer alone is left out', () => {
    const after = last([
      { actions: [relabel('bee', shaOf('ant-1'))] },
      { landed: [landedImage('ant-1', { key: 'insects/ant/again.jpg' })] },
    ]);
    expect(imageOf(after, 'ant-1')?.label).toBe('bee');
    expect(reasons(after)).toEqual([['insects/ant/again.jpg', 'label_conflict']]);
    expect(after.quarantine[0]?.detail).toContain('"bee" (insects/ant/ant-1.jpg) by correction 1');
  });
  it('settles a label conflict: what was withdrawn comes back with the split it had', () => {
    const conflict = landedImage('ant-3', { label: 'bee', key: 'insects/bee/odd.jpg' });
    const before = last([]);
    const withdrawn = last([{ landed: [conflict] }]);
    expect(imageOf(withdrawn, 'ant-3')).toBeUndefined();
    const settled = last([{ landed: [conflict] }, { actions: [relabel('ant', 'insects/ant/ant-3.jpg')] }]);
    expect(imageOf(settled, 'ant-3')).toEqual({ ...imageOf(before, 'ant-3'), correction: 1 });
    expect(settled.quarantine).toEqual([]);
  });
  it('takes in what waits for a label, unless it would be trained on and tested on', () => {
    const test = first.find((image) => chooseSplit(image, policy) === 'test');
    if (test === undefined) throw new Error('no test image');
    const near = landedImage('near', {
      perceptualHash: flipBits(test.perceptualHash, 2),
      split: 'train',
      key: 'insects/train/ant/near.jpg',
    });
    const leaking = last([{ landed: [near, landedImage('odd', { label: 'Ant', key: 'insects/Ant/odd.jpg' })] }]);
    expect(reasons(leaking)).toEqual([
      ['insects/Ant/odd.jpg', 'ambiguous_label'],
      ['insects/train/ant/near.jpg', 'leaks_into_test'],
    ]);
    const after = last([
      { landed: [near, landedImage('odd', { label: 'Ant', key: 'insects/Ant/odd.jpg' })] },
      { actions: [relabel('ant', near.key, 'insects/Ant/odd.jpg')] },
    ]);
    expect(reasons(after)).toEqual([['insects/train/ant/near.jpg', 'leaks_into_test']]);
    expect(imageOf(after, 'odd')).toMatchObject({ label: 'ant', correction: 1 });
  });
  it('gives no label that differs from another one in nothing but case', () => {
    const after = last([
      { actions: [relabel('wasp', shaOf('ant-1'))] },
      { actions: [relabel('Wasp', shaOf('ant-2'))] },
    ]);
    expect(after.root.labels).toEqual(['ant', 'bee', 'wasp']);
    expect(after.unmatched).toMatchObject([{ ref: 'Wasp', why: expect.stringContaining('differs from "wasp"') }]);
  });
  it('says what it could not find, and changes nothing', () => {
    const after = last([
      { actions: [relabel('bee', 'insects/ant/none.jpg'), remove('f'.repeat(64)), restore(shaOf('ant-1'))] },
    ]);
    expect(after.images).toEqual(last([]).images);
    expect(after.unmatched.map(({ action, ref }) => [action, ref])).toEqual([
      ['relabel', 'insects/ant/none.jpg'],
      ['remove', 'f'.repeat(64)],
      ['restore', shaOf('ant-1')],
    ]);
  });
});

describe('remove and restore', () => {
  it('takes images out, keeps them out when they land again, and gives them back as they were', () => {
    const before = last([]);
    const again = { landed: [landedImage('ant-4', { key: 'insects/ant/again.jpg' })] };
    const out = last([{ actions: [remove(shaOf('ant-4'))] }, again]);
    expect(imageOf(out, 'ant-4')).toBeUndefined();
    expect(out.takenOut).toEqual([{ ...imageOf(before, 'ant-4'), takenOutBy: 1 }]);
    expect(reasons(out)).toEqual([['insects/ant/again.jpg', 'taken_out']]);
    for (const ref of [shaOf('ant-4'), 'insects/ant/again.jpg']) {
      const back = last([{ actions: [remove(shaOf('ant-4'))] }, again, { actions: [restore(ref)] }]);
      expect(back.images).toEqual(before.images);
      expect(back).toMatchObject({ takenOut: [], quarantine: [], unmatched: [] });
    }
  });
  it('lets a picture that was taken out decide the split of those like it', () => {
    const test = first.find((image) => chooseSplit(image, policy) === 'test') ?? landedImage('none');
    const near = landedImage('near', { perceptualHash: flipBits(test.perceptualHash, 2) });
    const [, , after] = grow([{ landed: first }, { actions: [remove(test.sha256)] }, { landed: [near] }]);
    expect(imageOf(after, 'near')?.split).toBe('test');
  });
});

describe('rename', () => {
  it('keeps the index, the images, and what lands under the old name', () => {
    const after = last([
      { actions: [rename('ant', 'formica')] },
      { actions: [rename('formica', 'lasius')] },
      { landed: [landedImage('late', { key: 'insects/ant/late.jpg' })] },
    ]);
    expect(after.root).toMatchObject({ labels: ['lasius', 'bee'], renamed: { ant: 'lasius', formica: 'lasius' } });
    expect(imageOf(after, 'late')?.label).toBe('lasius');
    expect(new Set(after.images.map(({ label }) => label))).toEqual(new Set(['lasius', 'bee']));
  });
  it('merges into a label that is there; the old one stays at its index without images', () => {
    const after = last([{ actions: [rename('ant', 'bee')] }, { landed: [landedImage('late')] }]);
    expect(after.root).toMatchObject({ labels: ['ant', 'bee'], renamed: { ant: 'bee' } });
    expect(new Set(after.images.map(({ label }) => label))).toEqual(new Set(['bee']));
  });
  it('takes another case of the label itself, and of no other one', () => {
    expect(last([{ actions: [rename('ant', 'Ant')] }]).root.labels).toEqual(['Ant', 'bee']);
    const refused = last([{ actions: [rename('ant', 'Bee'), relabel('wasp', shaOf('ant-1')), rename('bee', 'Wasp')] }]);
    expect(refused.root.labels).toEqual(['ant', 'bee', 'wasp']);
    expect(refused.unmatched.map(({ action, why }) => [action, why])).toEqual([
      ['rename', expect.stringContaining('"Bee" differs from "bee"')],
      ['rename', expect.stringContaining('"Wasp" differs from "wasp"')],
    ]);
  });
  it('swaps two names by way of a third', () => {
    const after = last([{ actions: [rename('ant', 'x'), rename('bee', 'ant'), rename('x', 'bee')] }]);
    expect(after.root).toEqual({ dataset: 'insects', labels: ['bee', 'ant'], renamed: { x: 'bee' } });
    expect(imageOf(after, 'ant-1')?.label).toBe('bee');
  });
});

describe('rename to a name that images wait under', () => {
  const waiting = many(3, 'Ant').map((image, at) => ({ ...image, split: at === 0 ? ('train' as const) : null }));
  const test = first.find((image) => image.label === 'ant' && chooseSplit(image, policy) === 'test');

  it('takes them in as what lands, with no correction of their label', () => {
    const before = last([{ landed: waiting }]);
    expect(reasons(before).map(([, reason]) => reason)).toEqual(Array(3).fill('ambiguous_label'));
    const after = last([{ landed: waiting }, { actions: [rename('ant', 'Ant')] }]);
    expect(after.quarantine).toEqual([]);
    expect(after.root).toMatchObject({ labels: ['Ant', 'bee'], renamed: { ant: 'Ant' } });
    expect(after.images).toHaveLength(before.images.length + 3);
    for (const name of ['Ant-0', 'Ant-1', 'Ant-2']) {
      expect(imageOf(after, name)).toMatchObject({ label: 'Ant' });
      expect(imageOf(after, name)?.correction).toBeUndefined();
    }
    expect(imageOf(after, 'Ant-0')?.split).toBe('train');
  });
  it('leaves out what would be trained on and tested on', () => {
    const near = landedImage('near', {
      ...{ label: 'Ant', split: 'train', perceptualHash: flipBits(test?.perceptualHash ?? '', 2) },
    });
    const after = last([{ landed: [near] }, { actions: [rename('ant', 'Ant')] }]);
    expect(reasons(after)).toEqual([[near.key, 'leaks_into_test']]);
  });
  it('leaves waiting what another name says nothing of, and a picture that a person has to decide on', () => {
    expect(reasons(last([{ landed: waiting }, { actions: [rename('ant', 'formica')] }]))).toHaveLength(3);
    const disputed = landedImage('Ant-1', { label: 'bee' });
    const after = last([
      { landed: [landedImage('Ant-1'), disputed] },
      { landed: waiting },
      { actions: [rename('ant', 'Ant')] },
    ]);
    expect(imageOf(after, 'Ant-1')).toBeUndefined();
    expect(reasons(after)).toEqual([
      ['insects/Ant/Ant-1.jpg', 'ambiguous_label'],
      ['insects/ant/Ant-1.jpg', 'label_conflict'],
      ['insects/bee/Ant-1.jpg', 'label_conflict'],
    ]);
  });
});

describe('revert', () => {
  it('takes out what a version brought and puts back what it withdrew', () => {
    const bad = [...many(5, 'wasp'), landedImage('ant-3', { label: 'bee', key: 'insects/bee/odd.jpg' })];
    const [before, , after, again] = grow([
      { landed: first },
      { landed: bad },
      { actions: [revert(2)] },
      { landed: [landedImage('wasp-1', { label: 'wasp', key: 'insects/wasp/again.jpg' })] },
    ]);
    expect(after?.images).toEqual(before?.images);
    expect(after?.quarantine).toEqual([]);
    expect(after?.takenOut).toHaveLength(5);
    expect(after?.root.labels).toEqual(['ant', 'bee', 'wasp']);
    expect(reasons(again)).toEqual([['insects/wasp/again.jpg', 'taken_out']]);
  });
  it('leaves what later corrections decided', () => {
    const [, , , after] = grow([
      { landed: first },
      { landed: many(3, 'wasp') },
      { actions: [remove(shaOf('wasp-0')), relabel('bee', shaOf('ant-1'))] },
      { actions: [revert(2)] },
    ]);
    expect(after?.images).toHaveLength(40);
    expect(imageOf(after, 'ant-1')?.label).toBe('bee');
    expect(after?.takenOut.map(({ takenOutBy }) => takenOutBy).sort()).toEqual([1, 2, 2]);
  });
  it('says so where there is nothing to take back: of a rename, and a second time', () => {
    const renamed = last([{ actions: [rename('bee', 'wasp')] }, { actions: [revert(2)] }]);
    expect(renamed.unmatched).toMatchObject([{ action: 'revert', ref: '2', why: expect.stringContaining('rename') }]);
    const twice = [{ landed: many(3, 'wasp') }, { actions: [revert(2)] }, { actions: [revert(2)] }];
    expect(last(twice.slice(0, 2)).unmatched).toEqual([]);
    expect(last(twice).unmatched).toHaveLength(1);
  });
});

describe('any sequence of landings and corrections', () => {
  const names = fc.integer({ min: 0, max: 39 }).map((i) => (i < 20 ? `ant-${i}` : `bee-${i - 20}`));
  const label = fc.constantFrom('ant', 'bee', 'wasp');
  const refs = fc.array(names.map(shaOf), { minLength: 1, maxLength: 4 });
  const action = fc.oneof(
    fc.record({ action: fc.constant('relabel' as const), images: refs, label }),
    fc.record({ action: fc.constant('remove' as const), images: refs }),
    fc.record({ action: fc.constant('restore' as const), images: refs }),
    fc.record({ action: fc.constant('rename' as const), from: label, to: label }),
    fc.record({ action: fc.constant('revert' as const), version: fc.integer({ min: 1, max: 3 }) }),
  );
  const landing = fc.array(
    fc.record({
      name: names,
      near: fc.integer({ min: 0, max: 2 }),
      label,
      split: fc.option(fc.constantFrom('train' as const, 'test' as const), { nil: null }),
    }),
    { maxLength: 8 },
  );
  const step = fc.record({ actions: fc.array(action, { maxLength: 3 }), landing });
  const toSteps = (
    steps: readonly {
      actions: CorrectionAction[];
      landing: { name: string; near: number; label: string; split: 'train' | 'test' | null }[];
    }[],
  ) => [
    { landed: first },
    ...steps.map(({ actions, landing }, at) => ({
      actions,
      landed: landing.map(({ name, near, label, split }, i) => {
        const key = `insects/${label}/${at}-${i}.jpg`;
        const known = landedImage(name);
        return near === 0
          ? landedImage(name, { label, split, key })
          : landedImage(`${name}-${near}`, { label, split, key, perceptualHash: flipBits(known.perceptualHash, near) });
      }),
    })),
  ];

  it('never moves a picture between splits, and never trains on what it tests on', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), (steps) => {
        const splits = new Map<string, string>();
        for (const version of grow(toSteps(steps))) {
          const groups = new Map<string, string>();
          for (const { sha256, pixelSha256, group, split } of version.images) {
            expect(splits.get(sha256) ?? split).toBe(split);
            splits.set(sha256, split);
            const key = group ?? pixelSha256;
            expect((groups.get(key) ?? split) === 'test').toBe(split === 'test');
            groups.set(key, split);
          }
          expect(new Set(version.images.map(({ pixelSha256 }) => pixelSha256)).size).toBe(version.images.length);
        }
      }),
      { numRuns: 150 },
    );
  });
  it('comes out the same in whatever order a landing arrives', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 4 }), (steps) => {
        const forth = grow(toSteps(steps));
        const back = grow(toSteps(steps).map((each) => ({ ...each, landed: [...each.landed].reverse() })));
        expect(back).toEqual(forth);
      }),
      { numRuns: 80 },
    );
  });
  it('keeps labels at their index, and every image under a label that is listed', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), (steps) => {
        let before = 0;
        for (const { root, images } of grow(toSteps(steps))) {
          expect(root.labels.length).toBeGreaterThanOrEqual(before);
          before = root.labels.length;
          expect(new Set(root.labels).size).toBe(root.labels.length);
          const listed = new Set(root.labels);
          for (const { label } of images) {
            expect(listed.has(label)).toBe(true);
            expect(root.renamed[label]).toBeUndefined();
          }
          for (const name of Object.values(root.renamed)) expect(listed.has(name)).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });
  it('gives back what was before a version that is reverted at once', () => {
    const withoutRename = step.map(({ actions, landing }) => ({
      actions: actions.filter(({ action }) => action !== 'rename'),
      landing,
    }));
    fc.assert(
      fc.property(fc.array(withoutRename, { minLength: 1, maxLength: 4 }), (steps) => {
        const made = grow([...toSteps(steps), { actions: [revert(steps.length + 1)] }]);
        expect(made.at(-1)?.images).toEqual(made.at(-3)?.images);
      }),
      { numRuns: 150 },
    );
  });
  it('gives back the object that an image was known by, where reverts brought another one of its like', () => {
    const again = (at: number) => landedImage('bee-13', { label: 'ant', key: `insects/ant/${at}.jpg` });
    const [, , before, , after] = grow([
      { landed: first },
      { landed: [again(0)] },
      { landed: [again(1)] },
      { actions: [revert(1), revert(2)] },
      { actions: [revert(4)] },
    ]);
    expect(imageOf(before, 'bee-13')).toMatchObject({ label: 'ant' });
    expect(after?.images).toEqual(before?.images);
  });
  it('takes nothing out of test but what it reports', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), (steps) => {
        const versions = grow(toSteps(steps));
        versions.slice(1).forEach((version, at) => {
          const there = new Set(version.images.map(({ sha256 }) => sha256));
          const reported = new Set([
            ...version.takenOut.map(({ sha256 }) => sha256),
            ...version.quarantine.map(({ sha256 }) => sha256),
          ]);
          for (const { sha256, split } of versions[at]?.images ?? []) {
            if (split === 'test' && !there.has(sha256)) expect(reported.has(sha256)).toBe(true);
          }
        });
      }),
      { numRuns: 150 },
    );
  });
});
