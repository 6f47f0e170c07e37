/** What stands for the candidates: bubbles, whiskers, the front, and where fine-tuning took the finalists. */
import { curveStepAfter, line, symbol, symbolDiamond } from 'd3-shape';
import { element } from './svg.js';
import { COLOUR, FRAME, type Point } from './theme.js';

/** As far as accuracy is reached at each latency: a staircase over those that are not beaten in these two. */
export const frontLine = (points: readonly Point[]): string => {
  const ascending = points
    .filter(({ of }) => of.onFront)
    .sort((a, b) => a.x - b.x || a.y - b.y)
    .filter((point, at, all) => all.slice(0, at).every((earlier) => earlier.y > point.y));
  const last = ascending.at(-1);
  // What is reached at one latency is reached at every longer one.
  const end = last === undefined ? [] : [{ ...last, x: FRAME.x + FRAME.width }];
  const path = line<Point>(
    (point) => point.x,
    (point) => point.y,
  ).curve(curveStepAfter)([...ascending, ...end]);
  return element('path', {
    ...{ d: path ?? '', fill: 'none', stroke: COLOUR.front, 'stroke-width': 2, 'stroke-opacity': 0.45 },
  });
};

export const whisker = ({ x, top, bottom, colour }: Point): string => {
  const cap = (y: number): string => element('line', { x1: x - 4, x2: x + 4, y1: y, y2: y });
  const stem = element('line', { x1: x, x2: x, y1: top, y2: bottom });
  return element('g', { stroke: colour, 'stroke-width': 1.4, 'stroke-opacity': 0.6 }, stem, cap(top), cap(bottom));
};

/** Hollow and dashed where the accuracy is that of the form it is made from. */
export const bubble = ({ of, x, y, radius, colour, isRecommended }: Point): string => {
  const isAssumed = of.probe.of === 'original';
  return element('circle', {
    ...{ cx: x, cy: y, r: radius, fill: colour, 'fill-opacity': isAssumed ? 0.12 : isRecommended ? 0.7 : 0.45 },
    ...{ stroke: colour, 'stroke-width': isRecommended ? 2.5 : 1.5 },
    'stroke-dasharray': isAssumed ? '4 3' : undefined,
  });
};

const DIAMOND = symbol(symbolDiamond, 90)() ?? '';

export const diamond = (x: number, y: number, colour: string): string =>
  element('path', {
    ...{ d: DIAMOND, transform: `translate(${x.toFixed(2)} ${y.toFixed(2)})` },
    ...{ fill: colour, stroke: COLOUR.ink, 'stroke-width': 1.2 },
  });

/** Where fine-tuning took a finalist, on the val images. */
export const fineTunedMark = ({ fineTuned, x, y, colour }: Point): string =>
  fineTuned === null
    ? ''
    : element('line', {
        ...{ x1: x, y1: y, x2: fineTuned.x, y2: fineTuned.y, stroke: COLOUR.ink, 'stroke-dasharray': '2 3' },
      }) + diamond(fineTuned.x, fineTuned.y, colour);
