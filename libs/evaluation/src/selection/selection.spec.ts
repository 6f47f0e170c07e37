import { describe, expect, it } from '@jest/globals';
import { chooseFinalists } from './choose-finalists.js';
import { compareContenders, type Contender } from './contender.js';
import { paretoFront } from './pareto-front.js';
import { recommend, type RecommendOptions } from './recommend.js';
import { standings } from './standings.js';

const IMAGES = 200;

/**
 * A candidate that names `accuracy` of the images right. Mistakes are the first images, so that who makes more makes those of the
 * others too; `shift` moves them on.
 */
const contender = (
  candidate: string,
  options: { accuracy: number; ms: number; mb: number; shift?: number; images?: number; answersOf?: string },
): Contender => {
  const { accuracy, ms, mb, shift = 0, images = IMAGES, answersOf = null } = options;
  const wrong = Math.round((1 - accuracy) * images);
  return {
    candidate,
    right: Array.from({ length: images }, (_, at) => (at + images - shift) % images >= wrong),
    answersOf,
    p50Ms: ms,
    sizeBytes: mb * 1e6,
    parameters: mb * 250_000,
  };
};

const small = contender('small', { accuracy: 0.85, ms: 3, mb: 6 });
const middle = contender('middle', { accuracy: 0.95, ms: 8, mb: 14 });
const large = contender('large', { accuracy: 0.96, ms: 40, mb: 94 });
const all = [small, middle, large];
const ALPHA = 0.05;

const advise = (options: Partial<RecommendOptions>) =>
  recommend({ contenders: all, finalists: [], limits: {}, alpha: ALPHA, domain: [], ...options });

describe('the Pareto front', () => {
  const point = (candidate: string, accuracy: number, p50Ms: number, sizeBytes: number) => ({
    ...{ candidate, accuracy, p50Ms, sizeBytes },
  });

  it('leaves out what another is at least as good as in everything', () => {
    expect(
      paretoFront([point('a', 0.9, 5, 10), point('b', 0.9, 6, 10), point('c', 0.95, 9, 9), point('d', 0.94, 9, 30)]),
    ).toEqual([
      { candidate: 'a', onFront: true, dominatedBy: null },
      { candidate: 'b', onFront: false, dominatedBy: 'a' },
      { candidate: 'c', onFront: true, dominatedBy: null },
      { candidate: 'd', onFront: false, dominatedBy: 'c' },
    ]);
  });

  it('holds those that are the same in everything side by side', () => {
    expect(paretoFront([point('a', 0.9, 5, 10), point('b', 0.9, 5, 10)]).map(({ onFront }) => onFront)).toEqual([
      true,
      true,
    ]);
  });

  it('names the most accurate of those that dominate', () => {
    const [, , last] = paretoFront([point('a', 0.9, 5, 10), point('b', 0.93, 6, 11), point('c', 0.8, 7, 12)]);
    expect(last?.dominatedBy).toBe('b');
  });

  it('lets an accuracy that nobody measured push nothing away', () => {
    const [measured, assumed] = paretoFront([
      point('net', 0.9, 5, 10),
      { ...point('net:pruned60', 0.9, 3, 6), isMeasured: false },
    ]);
    expect([measured?.onFront, assumed?.onFront]).toEqual([true, true]);
  });
});

describe('standings', () => {
  it('say which member of the front is not shown to be better than a cheaper one', () => {
    const found = standings({ contenders: all, limits: {}, alpha: ALPHA, certainty: 'shown' });
    expect(found.map(({ onFront, notShownBetterThan }) => ({ onFront, notShownBetterThan }))).toEqual([
      { onFront: true, notShownBetterThan: null },
      { onFront: true, notShownBetterThan: null },
      { onFront: true, notShownBetterThan: 'middle' },
    ]);
    expect(found[1]?.againstBest).toMatchObject({ candidate: 'large', difference: { value: -0.01, n: IMAGES } });
    expect(found[2]?.againstBest).toBeNull();
  });

  it('say which limits are broken, and hold a least accuracy against the interval while fine-tuning may gain', () => {
    const limits = { maxMs: 20, maxBytes: 10e6, minAccuracy: 0.97 };
    const broken = (certainty: 'shown' | 'measured') =>
      standings({ contenders: all, limits, alpha: ALPHA, certainty }).map(({ excludedBy }) =>
        excludedBy.map(({ limit }) => limit),
      );
    expect(broken('shown')).toEqual([['minAccuracy'], ['maxBytes'], ['maxMs', 'maxBytes']]);
    expect(broken('measured')).toEqual([
      ['minAccuracy'],
      ['maxBytes', 'minAccuracy'],
      ['maxMs', 'maxBytes', 'minAccuracy'],
    ]);
  });
});

describe('finalists', () => {
  const choose = (contenders: Contender[], count: number, limits = {}) =>
    chooseFinalists({ contenders, limits, alpha: ALPHA, count });

  it('are the recommended one, the most accurate one, and then others by accuracy', () => {
    expect(choose(all, 2)).toEqual(['middle', 'large']);
    expect(choose(all, 3)).toEqual(['middle', 'large', 'small']);
  });

  it('keep to the limits', () => {
    expect(choose(all, 3, { maxMs: 20 })).toEqual(['middle', 'small']);
    expect(choose(all, 3, { maxMs: 1 })).toEqual([]);
  });

  it('hold a form whose loss was not measured beside what it is made from', () => {
    const pruned = contender('middle:pruned60', { accuracy: 0.95, ms: 5, mb: 9, answersOf: 'middle' });
    expect(choose([small, pruned, large, middle], 2)).toEqual(['middle:pruned60', 'middle']);
    expect(choose([small, pruned, large, middle], 1)).toEqual(['middle:pruned60', 'middle']);
  });

  it('come from beyond the front where it is too short', () => {
    const worse = contender('worse', { accuracy: 0.84, ms: 50, mb: 100 });
    expect(choose([worse, middle], 2)).toEqual(['middle', 'worse']);
  });
});

describe('a recommendation', () => {
  it('is the cheapest that is not shown to be worse, and says what it was held against', () => {
    const { recommendation } = advise({});
    expect(recommendation?.candidate).toBe('middle');
    expect(recommendation?.reasons.join('\n')).toBe(
      'on its frozen features, middle names 95.0% (91.0% to 97.3%) of 200 images right in cross-validation, and takes 8.00 ms and 14.0 MB\n' +
        'large, the most accurate, names 96.0% right, 1.0 points more, which is not shown to be more than chance, and takes 40.0 ms ' +
        'and 94.0 MB (on the same images middle is between 3.6 points worse and 0.9 points better, p 0.50)\n' +
        'it is the cheapest of the 2 within the limits that are not shown to be worse',
    );
  });

  it('is the most accurate where what is cheaper is shown to be worse', () => {
    const { recommendation } = advise({ contenders: [small, middle] });
    expect(recommendation?.candidate).toBe('middle');
    expect(recommendation?.reasons[1]).toBe(
      'nothing within the limits is more accurate; what is cheaper is shown to be worse: small by 10.0 points (p under 0.001)',
    );
  });

  it('keeps to the limits, and is none where all are broken', () => {
    expect(advise({ limits: { maxMs: 5 } }).recommendation?.candidate).toBe('small');
    const { recommendation, warnings } = advise({ limits: { maxMs: 5, minAccuracy: 0.9 } });
    expect(recommendation).toBeNull();
    expect(warnings[0]).toMatchObject({
      kind: 'none_feasible',
      message: expect.stringContaining('large takes 40.0 ms'),
    });
  });

  it('takes the smaller of two that are about as fast', () => {
    const twin = contender('twin', { accuracy: 0.95, ms: 7.8, mb: 20 });
    expect(advise({ contenders: [twin, middle, large] }).recommendation?.candidate).toBe('middle');
  });

  it('never is a form that was not measured', () => {
    const pruned = contender('middle:pruned60', { accuracy: 0.95, ms: 5, mb: 9, answersOf: 'middle' });
    expect(advise({ contenders: [pruned, middle] }).recommendation?.candidate).toBe('middle');
  });

  it('follows what fine-tuning came to, and says where the probes said otherwise', () => {
    const tuned = (name: string, accuracy: number, ms: number) =>
      contender(name, { accuracy, ms, mb: ms * 2, images: 100 });
    const { recommendation, warnings } = advise({ finalists: [tuned('middle', 0.8, 8), tuned('large', 0.95, 40)] });
    expect(recommendation?.candidate).toBe('large');
    expect(recommendation?.reasons[0]).toMatch(/^fine-tuned, large names 95.0% .* of 100 val images right/);
    expect(warnings.map(({ kind }) => kind)).toContain('finalists_disagree');
  });

  it('does not forget on a few val images what many probed ones have shown', () => {
    const tuned = (name: string, wrong: number, ms: number) => ({
      ...contender(name, { accuracy: 1, ms, mb: ms * 2, images: 20 }),
      right: Array.from({ length: 20 }, (_, at) => at >= wrong),
    });
    const finalists = [tuned('small', 2, 3), tuned('middle', 1, 8)];
    expect(advise({ contenders: [small, middle], finalists }).recommendation?.candidate).toBe('middle');
    const level = [tuned('small', 1, 3), tuned('middle', 1, 8)];
    expect(advise({ contenders: [small, middle], finalists: level }).recommendation?.candidate).toBe('small');
  });
});

describe('warnings', () => {
  it('say where the biggest is not the best', () => {
    const huge = contender('huge', { accuracy: 0.9, ms: 90, mb: 300 });
    expect(advise({ contenders: [middle, huge] }).warnings).toEqual([
      {
        kind: 'biggest_not_best',
        message:
          'the biggest candidate, huge (75.0 million parameters), names 90.0% right, and middle (3.5 million) 95.0%: it is 5.0 points ' +
          'worse (p 0.0020)',
      },
    ]);
    const [{ message } = { message: '' }] = advise({}).warnings;
    expect(message).toMatch(/1.0 points more, which may be chance \(p 0.50\)/);
  });

  it('are silent where the biggest is shown to be the best, or there is one size', () => {
    expect(advise({ contenders: [small, middle] }).warnings).toEqual([]);
    expect(advise({ contenders: [middle] }).warnings).toEqual([]);
  });

  it('say where most networks find the images strange', () => {
    const view = (candidate: string, familiarity: number | null) => ({
      candidate,
      familiarity,
      familiar: familiarity === null ? null : familiarity >= 0.45,
    });
    const far = advise({ domain: [view('a', 0.29), view('b', 0.22), view('c', null)] });
    expect(far.warnings).toContainEqual({ kind: 'domain_far', message: expect.stringContaining('a 29%, b 22% sure') });
    expect(advise({ domain: [view('a', 0.73), view('b', 0.3)] }).warnings.map(({ kind }) => kind)).not.toContain(
      'domain_far',
    );
  });

  it('say where images are too few to rule out a large loss', () => {
    const few = [
      contender('cheap', { accuracy: 0.9, ms: 1, mb: 2, images: 30 }),
      contender('dear', { accuracy: 0.94, ms: 9, mb: 1, images: 30, shift: 5 }),
    ];
    const { recommendation, warnings } = advise({ contenders: few });
    expect(recommendation?.candidate).toBe('cheap');
    expect(warnings.map(({ kind }) => kind)).toContain('few_images');
  });
});

describe('a comparison', () => {
  it('needs the same images', () => {
    const other = contender('other', { accuracy: 0.9, ms: 1, mb: 1, images: 10 });
    expect(() => compareContenders(middle, other, ALPHA)).toThrow(/answered 200 images and other 10/);
  });
});
