import { describe, expect, it } from '@jest/globals';
import { describeFacts } from './describe-stage.js';

const TRAINED = {
  ...{ strategy: 'full', trainImages: 168, valImages: 31, epochs: 6, keptEpoch: 4, stoppedBy: 'epochs' },
  ...{ precision: 'bfloat16', valAccuracy: 0.9677, valLoss: 0.16771 },
};

describe('what a stage came to', () => {
  it('says of a training which epoch is kept, and how good that is', () => {
    expect(describeFacts('train', TRAINED)).toBe(
      '6 passes over 168 images; what it was after pass 4 is kept: it names 96.8% of 31 val images right (val loss 0.168)',
    );
    expect(describeFacts('recover', { ...TRAINED, keptEpoch: 6 })).toContain('what it was after the last is kept');
    expect(describeFacts('train', { ...TRAINED, stoppedBy: 'patience' })).toContain('stopped since it got no better;');
    expect(describeFacts('train', { ...TRAINED, valAccuracy: null, valLoss: null })).toContain(
      'there are no val images to judge it by',
    );
  });

  it('understands a training that was told before the kept epoch had its name', () => {
    const { keptEpoch, ...before } = TRAINED;
    expect(describeFacts('train', { ...before, bestEpoch: keptEpoch })).toContain('after pass 4 is kept');
  });

  it('says what an evaluation found, beside what serves and what the form was made from', () => {
    const facts = { variant: 'int8', verdict: 'insufficient', images: 45, accuracy: 0.9778, latencyP50Ms: 8.049 };
    expect(describeFacts('evaluate', { ...facts, championAccuracy: null, originalAccuracy: null })).toBe(
      'int8 names 97.8% of 45 test images right, 8.0 ms an image: gate insufficient',
    );
    const more = { championAccuracy: 0.9, championLatencyP50Ms: 6.5, originalAccuracy: 0.95, originalLatencyP50Ms: 17 };
    expect(describeFacts('evaluate', { ...facts, ...more })).toMatch(
      /; what serves now: 90.0%, 6.5 ms an image; what it was made from: 95.0%, 17.0 ms an image$/,
    );
  });

  it('says whether new images drifted, and in what', () => {
    const facts = { detected: true, featuresDrifted: true, labelsDrifted: false, qualityDrifted: true };
    const images = { newImages: 40, referenceImages: 168 };
    expect(describeFacts('drift', { ...facts, ...images })).toBe(
      'drift: 40 new images differ from the 168 images that the serving version learned from in how they look and brightness, contrast, sharpness, size or shape',
    );
    expect(describeFacts('drift', { ...images, p: 0.4 })).toMatch(/^no drift found in 40 new images/);
    expect(describeFacts('drift', { ...images, p: null })).toBe('40 new images: too few to tell of drift');
  });

  it.each([
    [
      'embed',
      { embedded: 244, reused: 3, imagesPerSecond: 26.54 },
      /244 computed \(27 images\/s\), 3 known from earlier/,
    ],
    [
      'embedder',
      { backbone: 'efficientnet_lite0.in1k', cut: 'pool', bytes: 13419955, precision: 'int8', featureLength: 1280 },
      /efficientnet_lite0.in1k that stays as it is, up to its layer "pool": 13.4 MB, in eight bits; it makes 1,280 numbers/,
    ],
    [
      'embedder',
      { backbone: 'resnet18', cut: 'pool', precision: 'int8', featureLength: 512, calibrated: false },
      /up to its layer "pool": in eight bits; it makes 512 numbers of an image$/,
    ],
    [
      'export',
      { bytes: 6551564, compared: 8, largestDifference: 8.447e-7 },
      /6.6 MB; on 8 images .* by 8.4e-7 at most/,
    ],
    [
      'quantize',
      { variant: 'int8', from: 'fp32', bytes: 3766206, share: 0.2804, error: 0.05855 },
      /int8, made from fp32: 3.8 MB, 28% of its size; outputs are 5.9% off/,
    ],
    [
      'plan',
      { strategy: 'head', trainedParameters: 2562, frozenParameters: 3371008 },
      /^strategy head: 2,562 of 3,373,570 parameters learn$/,
    ],
    [
      'prune',
      { narrowed: 16, macsShare: 0.6, parameters: 1500000, parametersBefore: 3373570 },
      /^16 layers narrowed: 60.0% of the multiply-accumulates and 1,500,000 of 3,373,570 parameters remain/,
    ],
    ['probe', { accuracy: 0.95, images: 199 }, /95.0% of 199 images right/],
    [
      'register',
      { version: 2, variant: 'fp32', verdict: 'pass', state: 'candidate' },
      /version 2 is a candidate, to be/,
    ],
  ] as const)('of %s is a sentence', (stage, facts, sentence) => {
    expect(describeFacts(stage, facts)).toMatch(sentence);
  });

  it('lists facts that no sentence can be made of', () => {
    expect(describeFacts('train', { epochs: 3, valLoss: 0.123456, valAccuracy: null })).toBe(
      'epochs 3, valLoss 0.1235',
    );
    expect(describeFacts('plan', { cut: 'pool' })).toBe('cut pool');
    expect(describeFacts('plan', {})).toBe('');
  });
});
