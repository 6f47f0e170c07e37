import { describe, expect, it } from '@jest/globals';
import { AppError } from '@graft/contracts';
import { toQuarantineEntry } from './inspect/unfit-entry.js';
import { parseLandingKey, parseLandingObject, toLandingObject } from './landing-key.js';

const PLACE = { dataset: 'd', split: null, label: 'bees', file: '1.jpg', group: null, source: null };

const refusal = (act: () => unknown): AppError => {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown;
  }
  throw new Error('no AppError was thrown');
};

describe('parseLandingKey', () => {
  it('reads dataset, label and file, and a fixed split', () => {
    expect(parseLandingKey('insects/ant/1.jpg')).toEqual({
      dataset: 'insects',
      split: null,
      label: 'ant',
      file: '1.jpg',
    });
    expect(parseLandingKey('insects/val/ant/1.jpg')).toMatchObject({ split: 'val', label: 'ant' });
  });
  it('takes a label that is named like a split under one, and one with spaces', () => {
    expect(parseLandingKey('toys/test/train/1.jpg')).toMatchObject({ split: 'test', label: 'train' });
    expect(parseLandingKey('toys/Food & Drink/1.jpg').label).toBe('Food & Drink');
  });
  it('takes both Unicode forms of a label for one', () => {
    expect(parseLandingKey('d/cafe\u0301/1.jpg').label).toBe(parseLandingKey('d/caf\u00e9/1.jpg').label);
  });
  it.each(['bees ', ' bees', 'bees\u200b', '\ufeffbees\u00ad', 'bees\u2060 '])('takes %j for "bees"', (label) => {
    expect(parseLandingKey(`d/${label}/1.jpg`).label).toBe('bees');
    expect(parseLandingKey(`d/val/${label}/1.jpg`).label).toBe('bees');
    expect(toLandingObject({ ...PLACE, label }).key).toBe('d/bees/1.jpg');
  });
  it('takes runs of white space for one space', () => {
    expect(parseLandingKey('d/wild \u00a0 bees/1.jpg').label).toBe('wild bees');
  });
  it('says of a split folder without a label what is expected', () => {
    expect(refusal(() => parseLandingKey('d/train/1.jpg')).message).toContain('expected d/train/<label>/1.jpg');
  });
  it.each([
    'insects/1.jpg',
    'insects/train/1.jpg',
    'insects/val /1.jpg',
    'insects/ /1.jpg',
    'insects/\u200b/1.jpg',
    'insects/train/ /1.jpg',
    'insects/train/@ant/1.jpg',
    'insects/ @ant/1.jpg',
    '1.jpg',
    '',
    'insects/ant/',
    'insects/',
    'insects/north/ant/1.jpg',
    'insects/train/ant/more/1.jpg',
    'Insects!/ant/1.jpg',
    'insects/__proto__/1.jpg',
    'insects/../1.jpg',
    'insects/a\u0007b/1.jpg',
    'insects//1.jpg',
  ])('refuses "%s" as unexpected', (key) => {
    const error = refusal(() => parseLandingKey(key));
    expect(error).toMatchObject({ code: 'image_unfit', details: { reason: 'unexpected_key' } });
    expect(toQuarantineEntry({ key, etag: 'e' }, error)).toEqual({
      key,
      etag: 'e',
      sha256: null,
      reason: 'unexpected_key',
      detail: error.message,
    });
  });
  it('says of a folder that it is empty', () => {
    expect(refusal(() => parseLandingKey('insects/ant/')).message).toContain('an empty folder');
  });
});

describe('parseLandingObject', () => {
  it('joins key and metadata', () => {
    expect(
      parseLandingObject({ key: 'd/a/1.png', metadata: { group: '1f600', source: 'google', split: 'test' } }),
    ).toEqual({
      dataset: 'd',
      label: 'a',
      file: '1.png',
      split: 'test',
      group: '1f600',
      source: 'google',
    });
    expect(parseLandingObject({ key: 'd/a/1.png', metadata: { group: '' } })).toMatchObject({
      split: null,
      group: null,
      source: 'landing',
    });
  });
  it.each([
    [{ split: 'dev' }, 'd/a/1.png'],
    [{ split: 'train' }, 'd/test/a/1.png'],
    [{ group: 'g'.repeat(201) }, 'd/a/1.png'],
    [{ source: '__proto__' }, 'd/a/1.png'],
  ])('refuses the metadata %j', (metadata: Record<string, string>, key) => {
    expect(refusal(() => parseLandingObject({ key, metadata })).details).toEqual({ reason: 'unexpected_key' });
  });
});

it('makes no quarantine entry of an error that is no fault of the image', () => {
  expect(toQuarantineEntry({ key: 'k', etag: 'e' }, new AppError('unavailable', 'the store is away'))).toBeNull();
  expect(toQuarantineEntry({ key: 'k', etag: 'e' }, new Error('x'))).toBeNull();
});
