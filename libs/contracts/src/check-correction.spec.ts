import { describe, expect, it } from '@jest/globals';
import { checkCorrection, findLabelTwin } from './check-correction.js';
import type { CorrectionAction } from './correction.js';

const latest = { number: 2, labels: ['ant', 'café', 'bee'] };
const relabel = (label: string): CorrectionAction => ({ action: 'relabel', images: ['k'], label });
const rename = (from: string, to: string): CorrectionAction => ({ action: 'rename', from, to });

describe('findLabelTwin', () => {
  it.each([
    ['Bee', 'bee'],
    ['cafe\u0301', 'café'],
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
  ])('takes %s', (_name, actions) => expect(() => checkCorrection('d', { latest, actions })).not.toThrow());

  it.each<[string, CorrectionAction[], RegExp]>([
    ['relabelling', [relabel('BEE')], /action 1 .*"BEE" differs from "bee" in nothing but case/],
    ['renaming', [rename('ant', 'Cafe\u0301')], /action 1 .*differs from "café"/],
    ['naming what an earlier action named', [relabel('wasp'), rename('ant', 'Wasp')], /action 2 .*from "wasp"/],
  ])('refuses a twin when %s', (_name, actions, message) => {
    expect(() => checkCorrection('d', { latest, actions })).toThrow(message);
  });
  it('refuses a twin of what waits', () => {
    const waiting = [relabel('wasp')];
    expect(() => checkCorrection('d', { latest, waiting, actions: [relabel('Wasp')] })).toThrow(/from "wasp"/);
  });
});
