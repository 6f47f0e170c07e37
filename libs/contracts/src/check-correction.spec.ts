import { describe, expect, it } from '@jest/globals';
import { checkCorrection, findLabelTwin } from './check-correction.js';
import type { CorrectionAction } from './correction.js';
import type { ErrorCode } from './errors.js';

const latest = { number: 2, labels: ['ant', 'café', 'bee'] };
const thrownBy = (act: () => unknown): unknown => {
  try {
    act();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('nothing was thrown');
};
const relabel = (label: string): CorrectionAction => ({ action: 'relabel', images: ['k'], label });
const rename = (from: string, to: string): CorrectionAction => ({ action: 'rename', from, to });

describe('findLabelTwin', () => {
  it.each([
    ['Bee', 'bee'],
    ['cafe\u0301', 'café'],
    ['bee\u200b ', 'bee'],
    ['bee', null],
    ['wasp', null],
  ])('of %j is %j', (label, twin) => expect(findLabelTwin(label, latest.labels)).toBe(twin));
});

describe('checkCorrection', () => {
  it.each<[string, CorrectionAction[]]>([
    ['another case of the label itself', [rename('ant', 'Ant')]],
    ['a merge', [rename('ant', 'bee')]],
    ['a swap by way of a third name', [rename('ant', 'x'), rename('bee', 'ant'), rename('x', 'bee')]],
    ['a new label, twice', [relabel('wasp'), relabel('wasp')]],
    ['a new label, in two forms', [relabel('wasp'), relabel(' wasp\u200b')]],
  ])('takes %s', (_name, actions) => expect(() => checkCorrection('d', { latest, actions })).not.toThrow());

  it.each<[string, CorrectionAction[], RegExp]>([
    ['relabelling', [relabel('BEE')], /action 1 .*"BEE" differs from "bee" in nothing but case/],
    ['renaming', [rename('ant', 'Cafe\u0301')], /action 1 .*differs from "café"/],
    ['naming what an earlier action named', [relabel('wasp'), rename('ant', 'Wasp')], /action 2 .*from "wasp"/],
  ])('refuses a twin when %s', (_name, actions, message) => {
    expect(() => checkCorrection('d', { latest, actions })).toThrow(message);
  });
  it.each<[string, CorrectionAction, CorrectionAction]>([
    ['a new label', relabel(' wild \t wasps\u200b'), relabel('wild wasps')],
    ['a known label', relabel('bee '), relabel('bee')],
    ['a new name', rename('ant', 'ants '), rename('ant', 'ants')],
    ['an old name', rename(' ant', 'ants'), rename('ant', 'ants')],
  ])('gives back %s in its normal form', (_name, action, settled) => {
    expect(checkCorrection('d', { latest, actions: [action] })).toEqual([settled]);
  });

  it('leaves labels as they are that the dataset has in another form, or that new ones can not have', () => {
    const older = { number: 1, labels: ['bees', 'bees ', '@x', 'train'] };
    const actions = [relabel('bees '), relabel('@x'), relabel('train'), rename('bees ', 'bees'), rename('@x', 'x')];
    expect(checkCorrection('d', { latest: older, actions })).toEqual(actions);
    expect(() => checkCorrection('d', { latest: older, actions: [rename('x', 'y')] })).toThrow(
      'labels in version 1: bees, "bees ", @x, train',
    );
  });

  it.each<[string, CorrectionAction, ErrorCode, RegExp]>([
    [
      'a label that is not there',
      rename('wasp', 'x'),
      'not_found',
      /no label "wasp" to rename; labels in version 2: ant,/,
    ],
    ['a version that is not there', { action: 'revert', version: 99 }, 'not_found', /its latest version is 2/],
    ['a twin', relabel('BEE'), 'refused', /differs from "bee"/],
    ['a rename to itself', rename('ant', 'ant '), 'refused', /renamed to itself/],
    ['nothing to see', relabel(' \u200b'), 'invalid_request', /can't be a label: it shows nothing/],
    ['the mark of batches', rename('ant', ' @ant'), 'invalid_request', /begins with @/],
    ['a reserved name', relabel('__proto__'), 'invalid_request', /reserved/],
    ['the name of a split', relabel('test '), 'invalid_request', /"test" can't be a new label/],
  ])('says of %s what it is', (_name, action, code, message) => {
    const thrown = thrownBy(() => checkCorrection('d', { latest, actions: [action] }));
    expect(thrown).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('refuses a twin of what waits', () => {
    const waiting = [relabel('wasp')];
    expect(() => checkCorrection('d', { latest, waiting, actions: [relabel('Wasp')] })).toThrow(/from "wasp"/);
  });
});
