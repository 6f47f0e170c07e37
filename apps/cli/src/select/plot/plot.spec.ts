import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { EXAMPLES, exampleSelection } from '../testing/example-selection.js';
import { placeLabels, type Box, type LabelPlace } from './place-labels.js';
import { plotSelection } from './plot-selection.js';
import { latencyAxis } from './scales.js';
import { plotFormatOf } from './plot-format.js';
import { toPng } from './write-plot.js';

const BOUNDS: Box = { x: 0, y: 0, width: 800, height: 500 };

const overlaps = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

describe('labels', () => {
  const labelsAt = (points: [number, number][]): LabelPlace[] =>
    placeLabels(
      points.map(([x, y]) => ({ x, y, radius: 6, width: 120, height: 16 })),
      { bounds: BOUNDS, obstacles: points.map(([x, y]) => ({ x: x - 6, y: y - 6, width: 12, height: 12 })) },
    );

  it('lie beside their points, inside the frame, and not on each other', () => {
    const crowd = Array.from({ length: 9 }, (_, at): [number, number] => [380 + 9 * (at % 3), 250 + 7 * at]);
    const places = labelsAt([...crowd, [795, 250], [4, 490]]);
    for (const [at, place] of places.entries()) {
      expect(place.x).toBeGreaterThanOrEqual(0);
      expect(place.x + place.width).toBeLessThanOrEqual(BOUNDS.width);
      expect(place.y + place.height).toBeLessThanOrEqual(BOUNDS.height);
      expect(places.slice(0, at).filter((other) => overlaps(place, other))).toEqual([]);
    }
  });

  it('lie to the right of a lonely point, near enough to need no line', () => {
    expect(labelsAt([[100, 100]])).toEqual([{ x: 110, y: 92, width: 120, height: 16, isRemote: false }]);
  });
});

describe('the axis of latencies', () => {
  it('is a logarithm where they range widely, with round ticks', () => {
    const wide = latencyAxis([3, 130], BOUNDS);
    expect(wide.isLog).toBe(true);
    expect(wide.ticks).toEqual([2, 5, 10, 20, 50, 100, 200]);
    expect(latencyAxis([3, 9], BOUNDS)).toMatchObject({ isLog: false, ticks: expect.arrayContaining([0, 2, 4]) });
  });
});

describe('a plot', () => {
  it('names every candidate, its limits, and what the axes are', () => {
    const svg = plotSelection(exampleSelection({ limits: { maxMs: 20, minAccuracy: 0.92, maxBytes: 20_000_000 } }));
    for (const { candidate } of EXAMPLES) expect(svg).toContain(`>${candidate}</text>`);
    for (const words of ['at most 20 ms', 'at least 92%', 'at most 20 MB', 'ms, log scale', 'Accuracy', 'recommended'])
      expect(svg).toContain(words);
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  it('is the same text for the same selection, and an image for who wants one', async () => {
    const svg = plotSelection(exampleSelection());
    expect(plotSelection(exampleSelection())).toBe(svg);
    expect(await sharp(await toPng(svg)).metadata()).toMatchObject({ format: 'png', width: 2160, height: 1340 });
  });

  it('can be of one candidate, or without a recommendation', () => {
    const svg = plotSelection(exampleSelection({ examples: EXAMPLES.slice(0, 1), recommended: null }));
    expect(svg).not.toMatch(/NaN|>recommended</);
  });

  it('is written as .svg or .png alone', () => {
    expect(plotFormatOf('front.PNG')).toBe('png');
    expect(() => plotFormatOf('front.pdf')).toThrow(/.svg or .png, got "front.pdf"/);
  });
});
